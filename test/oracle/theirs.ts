import { createClerkClient } from '@clerk/backend'
import { hostOf, type OracleCase } from './case.js'
import { authFields, messageForm, NOTHING, type Observed, QUESTIONS } from './observed.js'
import { AUDIENCE, AUTHORIZED_PARTIES, organizationSyncOf, PROXY_URL, SECRET_KEYS, SIGN_IN_URL } from './ours.js'
import { PUBLISHABLE_KEYS, type WireRequest } from './request.js'
import { jwtKey } from './tokens.js'

type Client = ReturnType<typeof createClerkClient>

const clients = new Map<string, Client>()

function clientFor({ instance }: OracleCase, apiUrl: string): Client {
  const name = JSON.stringify([instance.type, instance.deployment, instance.audience, instance.keys])
  let client = clients.get(name)
  if (client === undefined) {
    client = createClerkClient({
      publishableKey: PUBLISHABLE_KEYS[instance.type],
      secretKey: SECRET_KEYS[instance.type],
      ...(instance.keys === 'pem' && { jwtKey }),
      apiUrl,
      isSatellite: instance.deployment.startsWith('satellite'),
      ...(/domain/.test(instance.deployment) && { domain: 'satellite.test' }),
      ...(/proxy/.test(instance.deployment) && { proxyUrl: PROXY_URL }),
      ...(instance.audience && { audience: AUDIENCE }),
      telemetry: { disabled: true }
    })
    clients.set(name, client)
  }
  return client
}

export async function askTheirs(oracleCase: OracleCase, request: WireRequest, apiUrl: string): Promise<Observed> {
  const { instance } = oracleCase
  const { method, target, headers } = request
  const options = {
    signInUrl: SIGN_IN_URL,
    satelliteAutoSync: instance.satelliteAutoSync,
    acceptsToken: instance.acceptsToken,
    ...(instance.checksIssuer && { issuer: `https://${hostOf(instance)}` }),
    ...(instance.authorizedParties && { authorizedParties: AUTHORIZED_PARTIES }),
    ...(instance.clockSkewInMs !== undefined && { clockSkewInMs: instance.clockSkewInMs }),
    ...organizationSyncOf(instance)
  }
  try {
    const state = await clientFor(oracleCase, apiUrl).authenticateRequest(
      new Request(`http://${headers.host}${target}`, { method, headers }),
      options as Parameters<Client['authenticateRequest']>[1]
    )
    const location = state.headers.get('location')
    // Clerk's Fastify plugin answers with a redirect, and no route runs.
    const auth = location === null ? (state.toAuth() as object | null) : null
    return {
      threw: null,
      status: state.status,
      tokenType: state.tokenType,
      reason: state.reason,
      message: messageForm(state.message),
      location,
      headers: Object.fromEntries(
        [...state.headers].filter(([name]) => !/^(location|set-cookie|x-clerk-auth-)/.test(name))
      ),
      setCookies: state.headers.getSetCookie(),
      auth: auth && authFields(auth),
      has: auth === null ? [] : QUESTIONS.map((question) => (auth as { has(q: object): boolean }).has(question))
    }
  } catch (error) {
    return { ...NOTHING, threw: (error as Error).message }
  }
}
