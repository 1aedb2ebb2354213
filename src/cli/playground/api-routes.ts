import type { FastifyInstance } from 'fastify'
import { authorize, requireAuth } from '../../index.js'

/** The routes of the playground's application, written as a user of the plugin would. */
export function registerApi(app: FastifyInstance): void {
  app.get('/api/public', (request) => ({
    message: 'Anyone may read this.',
    signedIn: request.auth.isAuthenticated
  }))

  app.get('/api/me', { onRequest: requireAuth }, (request) => ({
    message: 'You are signed in.',
    userId: request.auth.userId
  }))

  app.get('/api/docs', { onRequest: authorize({ permission: 'org:docs:write' }) }, (request) => {
    // The audit log records refusals by itself; this records the success too.
    request.audit({ action: 'docs.write' })
    return { message: 'You may write documents.' }
  })

  app.get('/api/admin', { onRequest: authorize({ role: 'org:admin' }) }, (request) => {
    request.audit({ action: 'organization.administer', target: request.auth.orgId ?? '' })
    return { message: 'You are an administrator of this organization.' }
  })

  app.get('/api/beta', { onRequest: authorize({ feature: 'beta' }) }, () => ({
    message: 'You have the beta feature.'
  }))

  // JSON leaves out the auth object's functions.
  app.get('/api/auth', (request) => request.auth)
}
