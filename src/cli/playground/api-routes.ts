import type { FastifyInstance } from 'fastify'

/** The application of the playground: what a user of the plugin would write. */
export function registerApi(app: FastifyInstance): void {
  app.get('/api/public', (request) => ({
    message: 'Anyone may read this.',
    signedIn: request.auth.isAuthenticated
  }))

  app.get('/api/me', { preHandler: app.requireAuth }, (request) => ({
    message: 'You are signed in.',
    userId: request.auth.userId
  }))

  app.get('/api/docs', { preHandler: app.authorize({ permission: 'org:docs:write' }) }, (request) => {
    // Refusals are on record anyway; this puts the success there too.
    request.audit({ action: 'docs.write' })
    return { message: 'You may write documents.' }
  })

  app.get('/api/admin', { preHandler: app.authorize({ role: 'org:admin' }) }, (request) => {
    request.audit({ action: 'organization.administer', target: request.auth.orgId ?? '' })
    return { message: 'You are an administrator of this organization.' }
  })

  app.get('/api/beta', { preHandler: app.authorize({ feature: 'beta' }) }, () => ({
    message: 'You have the beta feature.'
  }))

  // Functions of the auth object are not data: JSON leaves them out.
  app.get('/api/auth', (request) => request.auth)
}
