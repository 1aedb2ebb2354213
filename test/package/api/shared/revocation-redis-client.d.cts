interface PostgresPool {
  readonly options: object
  connect(): Promise<unknown>
  query(query: { text: string; values: unknown[]; query_timeout: number }): Promise<unknown>
}
interface RedisClient {
  duplicate(...overrides: never[]): object
}
export type { PostgresPool, RedisClient }
