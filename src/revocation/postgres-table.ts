type Run = (text: string, values?: readonly unknown[]) => Promise<readonly unknown[]>

/**
 * Makes sure that a table is there, and returns its name with the schema in which it was found. It is looked for first:
 * `create table if not exists` needs the privilege to create also where there is nothing to do. With `createSql: null` a
 * missing table is an error, with the code of PostgreSQL's own.
 */
export async function openTable(
  run: Run,
  { table, createSql }: { readonly table: string; readonly createSql: string | null }
): Promise<string> {
  const find =
    "select n.nspname || '.' || c.relname as name from pg_catalog.pg_class c " +
    `join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid = to_regclass('${table}')`
  const findName = async () => ((await run(find)) as readonly { readonly name: string }[])[0]?.name
  const found = await findName()
  if (found !== undefined) return found
  // Of processes that create it at the same time, one succeeds: the others fail in several ways, and find it.
  const failure =
    createSql === null
      ? null
      : await run(createSql).then(
          () => null,
          (error: unknown) => error
        )
  const created = createSql === null ? undefined : await findName()
  if (created === undefined) throw failure ?? Object.assign(new Error('The table does not exist'), { code: '42P01' })
  return created
}
