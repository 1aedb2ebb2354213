interface RedisClient {
  duplicate(override?: object): object
}
export type { RedisClient }
