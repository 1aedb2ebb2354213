import { assertSignedIn } from 'fastify-clerk-auth'
import mercurius from 'mercurius'

const schema = `
  type Query {
    hello: String!
    me: String!
  }
`

/** A resolver that only users reach: what `assertSignedIn` throws becomes a GraphQL error with its code. */
const signedIn = (resolve) => (parent, args, context, info) => {
  assertSignedIn(context.auth)
  return resolve(parent, args, context, info)
}

const resolvers = {
  Query: {
    hello: () => 'stranger',
    me: signedIn((_parent, _args, { auth }) => auth.userId)
  }
}

export async function graphql(fastify) {
  await fastify.register(mercurius, {
    schema,
    resolvers,
    context: (request) => ({ auth: request.auth }),
    errorFormatter: (result, context) => {
      const formatted = mercurius.defaultErrorFormatter(result, context)
      const errors = formatted.response.errors.map((error, index) => ({
        ...error,
        extensions: { ...error.extensions, code: result.errors[index]?.originalError?.code }
      }))
      return { statusCode: formatted.statusCode, response: { ...formatted.response, errors } }
    }
  })
}
