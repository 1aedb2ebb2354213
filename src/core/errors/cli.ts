import { createError } from './create-error.js'

export const MigrateParserError = createError(
  'FST_CLERK_MIGRATE_PARSER',
  'migrate needs the package @babel/parser, which cannot be loaded: npx -p fastify-clerk-auth -p @babel/parser fastify-clerk-auth migrate FILE...',
  500
)
export const PlaygroundPagesError = createError(
  'FST_CLERK_PLAYGROUND_PAGES',
  'The pages of the playground are not beside the command: run it from the installed package, it cannot be bundled',
  500
)
