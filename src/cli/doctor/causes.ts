export type Severity = 'error' | 'warning' | 'note'

interface CauseEntry {
  readonly severity: Severity
  readonly message: string
  readonly cure: string
}

/**
 * What the doctor can find, besides the errors with which the plugin itself refuses to boot, and the reasons with which
 * it refuses a request. The order is that of the report among findings of one severity: what explains others comes first.
 */
export const CAUSES = {
  'redirect-loop': {
    severity: 'error',
    message: 'The browser has been redirected three times within two seconds, and is not sent again.',
    cure: 'Mend the cause: until then each page load goes round so.'
  },
  'authorization-over-cookies': {
    severity: 'error',
    message:
      'The Authorization header decides alone, and is not a good token; by its cookies the request would be signed in.',
    cure: 'Let the platform or proxy that puts the header there leave it out, or take the token from elsewhere: extractToken.'
  },
  'authorization-scheme': {
    severity: 'error',
    message: 'The Authorization header has another scheme than Bearer: it counts as no token.',
    cure: 'Send Authorization: Bearer and the session token.'
  },
  'machine-token-not-accepted': {
    severity: 'error',
    message: 'The bearer token is one of a machine, by its prefix, and acceptsToken has no such type.',
    cure: 'Set acceptsToken at the route or the plugin, or send the session token of getToken().'
  },
  'session-pending': {
    severity: 'error',
    message: 'The session has outstanding tasks (sts is pending): guards answer it as signed out.',
    cure: 'Let the user finish the task in the frontend, or set treatPendingAsSignedOut: false in config.clerk of the route.'
  },
  'no-credentials': {
    severity: 'error',
    message: 'The request carries no credentials: neither a bearer token nor a cookie of Clerk.',
    cure: 'Send the token of getToken() as Authorization: Bearer, or the cookies of the browser (curl -b).'
  },
  'trace-request': {
    severity: 'error',
    message: 'A TRACE request is never authenticated, as its answer repeats the credentials.',
    cure: 'Use another method.'
  },
  'cookies-without-publishable-key': {
    severity: 'error',
    message: 'There are cookies of Clerk, which are not read without the publishable key.',
    cure: 'Give publishableKey (CLERK_PUBLISHABLE_KEY).'
  },
  'cookies-of-another-instance': {
    severity: 'error',
    message: 'The cookies are of another Clerk instance than the one of the publishable key.',
    cure: 'Compare the publishable keys of frontend and server; a sibling application on the same domain sets cookies too.'
  },
  'cross-origin-refused': {
    severity: 'error',
    message: 'The request is signed in by cookie and comes from a page of another origin: it is refused with 403.',
    cure: 'Add the origin to authorizedParties, or let that page send a bearer token.'
  },
  'token-too-long': {
    severity: 'error',
    message: 'The token is longer than any that is looked at.',
    cure: 'Remove custom claims from the session token: browsers drop cookies above 4 KB anyway.'
  },
  'token-malformed': {
    severity: 'error',
    message: 'The text is no JWT.',
    cure: 'Copy the token again, whole: what getToken() returns.'
  },
  'token-of-another-instance': {
    severity: 'error',
    message: 'The token was issued by another Clerk instance than the one that this server knows.',
    cure: 'Compare the publishable keys of frontend and server: they must be equal.'
  },
  'secret-key-form': {
    severity: 'error',
    message: 'The secret key does not begin with sk_test_ or sk_live_: Clerk gives out no other.',
    cure: 'Copy it again from the Clerk dashboard, without quotes and without a placeholder.'
  },
  'secret-key-exposed': {
    severity: 'error',
    message: 'A secret key is in a variable that build tools hand to browsers.',
    cure: 'Rename it to CLERK_SECRET_KEY, and roll the key in the Clerk dashboard if a frontend was built with it.'
  },
  'frontend-key-of-another-instance': {
    severity: 'error',
    message: 'A publishable key that a frontend reads is of another instance than the one that this server reads.',
    cure: 'Give both the publishable key of one instance: sessions of the frontend are refused here.'
  },
  'secret-key-refused': {
    severity: 'error',
    message: 'Clerk refuses the secret key.',
    cure: 'Copy it again from the Clerk dashboard, from the page of the same instance; a rolled key is refused from then on.'
  },
  'keys-of-two-instances': {
    severity: 'error',
    message:
      'The key sets that publishable key and secret key lead to have no key in common: they are of two instances.',
    cure: 'Copy both keys again from one page of the Clerk dashboard: one instance, one environment.'
  },
  'keys-likely-of-two-instances': {
    severity: 'error',
    message:
      'The token is of the instance of the publishable key, whose key set could not be had, and the key set of the secret key does not have its key: the two are likely of two instances.',
    cure: 'Copy both keys again from one page of the Clerk dashboard. If they are of one instance, the token is forged, or older than a change of keys.'
  },
  'jwt-key-of-another-instance': {
    severity: 'error',
    message:
      'jwtKey is in none of the key sets that the other keys lead to, and overrides them: every token is refused.',
    cure: 'Copy the JWKS public key of this instance again, or leave jwtKey out: keys are then fetched.'
  },
  'given-keys-of-another-instance': {
    severity: 'error',
    message: 'jwks.keys has none of the keys that the other keys lead to, and overrides them: every token is refused.',
    cure: 'Give the key set of this instance, or leave jwks.keys out: keys are then fetched.'
  },
  'option-fetch-unsettled': {
    severity: 'error',
    message:
      'A call of the option fetch has not settled within jwks.timeoutInMs, nor after its signal had fired: it neither answers nor fails.',
    cure: 'Let fetch return the promise of the call that it makes, hand on init.signal, and reject where that call fails.'
  },
  'egress-proxy-ignored': {
    severity: 'error',
    message:
      'Clerk cannot be reached, and a proxy is named in the environment, which fetch of Node does not use by itself.',
    cure: 'Name it by HTTPS_PROXY, as Node reads no ALL_PROXY, and set NODE_USE_ENV_PROXY=1 (from Node 22.21 and 24 on), or give the option fetch one that goes through the proxy.'
  },
  'not-a-clerk-instance': {
    severity: 'error',
    message: 'What answers in the place of a key endpoint is not Clerk: no key set is there.',
    cure: 'Check the publishable key, apiUrl and apiVersion, and whether a proxy or a login page answers instead.'
  },
  'rate-limited': {
    severity: 'error',
    message: 'A key endpoint answers 429: this address asks too often.',
    cure: 'Wait, and share key sets between processes: jwks.snapshot.'
  },
  'clerk-unwell': {
    severity: 'error',
    message: 'A key endpoint answers with a server error.',
    cure: 'Look at the status page of Clerk. jwks.snapshot lets a server start meanwhile.'
  },
  'proxy-url-wrong': {
    severity: 'error',
    message: 'proxyUrl does not lead to the Frontend API of this instance: browsers are sent there for handshakes.',
    cure: 'Check proxyUrl (CLERK_PROXY_URL) and that the proxy hands on to the FAPI host of the publishable key.'
  },
  'satellite-host-wrong': {
    severity: 'error',
    message: 'The host clerk. + domain is not the Frontend API of this instance: the satellite cannot be synced.',
    cure: 'Add the domain as a satellite in the Clerk dashboard, and its DNS record; or unset isSatellite.'
  },
  'clock-off': {
    severity: 'error',
    message: 'The clock of this machine differs from that of Clerk by more than clockSkewInMs tolerates.',
    cure: 'Synchronise it (NTP; in a virtual machine, after sleep). Fresh tokens are refused meanwhile, or old ones accepted.'
  },
  'snapshot-unusable': {
    severity: 'error',
    message: 'jwks.snapshot cannot be used.',
    cure: 'Name a file in a folder that exists and that the server may write to.'
  },
  'snapshot-not-valid': {
    severity: 'warning',
    message: 'The snapshot of the key set is damaged, or sealed with another secret key: it is ignored.',
    cure: 'Delete it: the next fetch writes it anew.'
  },
  'bus-away': {
    severity: 'error',
    message: 'The revocation bus is away: what other processes revoke is not known here.',
    cure: 'Check address, user and password of its server, and that it runs.'
  },
  'app-fails': {
    severity: 'error',
    message: 'The application does not start.',
    cure: 'Mend its error first: the doctor looks at routes once the server is ready.'
  },
  'plugin-missing': {
    severity: 'error',
    message: 'The application does not register fastify-clerk-auth: no request is authenticated.',
    cure: 'await fastify.register(clerkAuth) before the routes.'
  },
  'routes-uncovered': {
    severity: 'warning',
    message: 'Routes are outside of the scope where the plugin is registered: nobody is authenticated there.',
    cure: 'Wrap the plugin that registers it in fastify-plugin, or move the routes, unless they are open on purpose.'
  },
  'routes-open': {
    severity: 'warning',
    message: 'Routes have no guard that shows: their handlers answer everybody.',
    cure: 'Guard them by requireAuth or authorize; config.clerk.public says that a route is open on purpose.'
  },
  'variable-misnamed': {
    severity: 'warning',
    message: 'A variable of the environment looks like one of this package, and is not: it has no effect here.',
    cure: 'Rename it, or unset it.'
  },
  'variable-overridden': {
    severity: 'warning',
    message:
      'A variable has one value in the environment and another in an environment file: that of the environment counts.',
    cure: 'Unset it in the shell or the container, or change it there.'
  },
  'development-keys-in-production': {
    severity: 'warning',
    message: 'NODE_ENV is production, and the keys are of a development instance.',
    cure: 'Give the keys pk_live_ and sk_live_ of the production instance.'
  },
  'authorized-parties-local': {
    severity: 'warning',
    message: 'authorizedParties lists origins of this machine alone, and the keys are of a production instance.',
    cure: 'List the origins of the pages that users sign in from, such as https://app.example.com.'
  },
  'domain-without-satellite': {
    severity: 'warning',
    message: 'domain is given without isSatellite: it changes nothing.',
    cure: 'Set isSatellite (CLERK_IS_SATELLITE=true) on a satellite; unset domain on a primary.'
  },
  'no-publishable-key': {
    severity: 'warning',
    message: 'There is no publishable key: cookies are not read, and the issuer of tokens is not checked.',
    cure: 'Give publishableKey (CLERK_PUBLISHABLE_KEY), unless only bearer tokens come and issuer is given.'
  },
  'no-secret-key': {
    severity: 'warning',
    message:
      'There is no secret key: expired sessions of browsers are not refreshed, and nonces of handshakes not resolved.',
    cure: 'Give secretKey (CLERK_SECRET_KEY), or handshake: false if no page load reaches this server.'
  },
  'option-risk': {
    severity: 'warning',
    message: 'A legal setting may be a mistake.',
    cure: 'Change it, unless it is meant so.'
  },
  'frontend-api-away': {
    severity: 'warning',
    message:
      'The key set of the publishable key could not be had, so the two keys could not be compared. Verification does not need it.',
    cure: 'Nothing to do, if this machine is not to reach the Frontend API.'
  },
  'cross-origin-reported': {
    severity: 'note',
    message: 'The request is signed in by cookie and comes from a page of another origin: crossOrigin reports it.',
    cure: 'With crossOrigin refuse it would be refused; origins of authorizedParties are let through.'
  },
  'call-withheld': {
    severity: 'note',
    message: 'The server would ask Clerk about this request, which the doctor does not: the answer may sign it in.',
    cure: 'Make the request, and look at its x-clerk-auth headers.'
  },
  'not-a-page-load': {
    severity: 'note',
    message:
      'A page load would be redirected and come back with fresh cookies; this request is none, and is signed out instead.',
    cure: 'In the browser, load the page; for a call of a script, send the token of getToken() as Authorization: Bearer.'
  },
  'keys-not-fetched': {
    severity: 'note',
    message: 'The signature was not checked, as no key is known without asking for it.',
    cure: 'Leave --offline out: key sets are public, and nothing of the token is sent for them.'
  },
  'only-clerk-can-tell': {
    severity: 'note',
    message: 'The token is opaque: only Clerk can judge it, and nothing was sent to Clerk.',
    cure: 'Call a route of the running server with it; the log has the reason.'
  },
  'token-not-bare': {
    severity: 'note',
    message: 'Something stood around the token (quotes, Bearer, the name of a header or a cookie) and was taken off.',
    cure: 'In the request, Authorization is Bearer, one blank and the token, without quotes.'
  },
  'options-in-code': {
    severity: 'note',
    message:
      'The application starts with options that are not in the environment: the doctor has looked at its routes alone.',
    cure: 'Export the options from a module of their own, and name it by --config.'
  },
  'variable-beside': {
    severity: 'note',
    message: 'A variable of the environment is like one that is set too, and has no effect on this server.',
    cure: 'Nothing to do, if a frontend reads it; else unset it.'
  },
  'no-authorized-parties': {
    severity: 'note',
    message: 'authorizedParties is not given: a token that leaks to a sibling subdomain can be used here.',
    cure: 'List the origins of the pages that users sign in from; reportOnly shows first what would be refused.'
  }
} as const satisfies Readonly<Record<string, CauseEntry>>

export type DoctorCause = keyof typeof CAUSES
