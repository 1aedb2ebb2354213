import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { verifyToken } from '@clerk/backend'
import { createVerifier } from 'fast-jwt'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { createTokenVerifier } from '../../src/index.js'
import { createMutator, createRandom } from './token-mutations.js'
import { createSeeds, ISSUER, own, pem } from './token-seeds.js'

// Judges valid and mutated tokens by this core and three libraries: each token that the core accepts they must accept.
// By hand: node .build/test/hostile/differential.js --cases 5000000 --seed 1

export interface DifferentialResult {
  readonly cases: number
  /** Tokens that we accept, and of these the ones that a library refuses: each is a fault of ours or needs an explanation. */
  readonly accepted: number
  readonly acceptedAlone: readonly { readonly token: string; readonly refusedBy: readonly string[] }[]
  /** Tokens that only we refuse, by our reason and the libraries that accept: shows where we are stricter. */
  readonly stricter: ReadonlyMap<string, number>
}

type Judge = (token: string) => Promise<boolean>

function createJudges(): {
  readonly ours: Judge
  readonly others: readonly (readonly [name: string, judge: Judge])[]
  reasonOf(token: string): Promise<string>
} {
  const verifier = createTokenVerifier({
    publishableKey: 'pk_live_Y2xlcmsuZXhhbXBsZS5jb20k',
    authorizedParties: ['https://app.test'],
    jwks: { keys: [own.jwk] }
  })
  const keys = createLocalJWKSet({ keys: [own.jwk] })
  const algorithms = ['RS256', 'RS384', 'RS512'] as const
  const fast = createVerifier({
    key: pem,
    algorithms: ['RS256'],
    allowedIss: ISSUER,
    clockTolerance: 5000,
    requiredClaims: ['exp'],
    cache: false
  })
  const accepts = async (run: () => unknown): Promise<boolean> => {
    try {
      await run()
      return true
    } catch {
      return false
    }
  }
  return {
    ours: async (token) => (await verifier.verify(token)).ok,
    reasonOf: async (token) => {
      const result = await verifier.verify(token)
      return result.ok ? 'accepted' : result.reason
    },
    others: [
      [
        'jose',
        (token) =>
          accepts(() => jwtVerify(token, keys, { algorithms: [...algorithms], issuer: ISSUER, clockTolerance: 5 }))
      ],
      ['fast-jwt', (token) => accepts(() => fast(token))],
      [
        '@clerk/backend',
        (token) => accepts(() => verifyToken(token, { jwtKey: pem, authorizedParties: ['https://app.test'] }))
      ]
    ]
  }
}

export async function runDifferential(
  cases: number,
  seed: number,
  onProgress?: (done: number) => void
): Promise<DifferentialResult> {
  const mutate = createMutator(createSeeds(), createRandom(seed))
  const { ours, others, reasonOf } = createJudges()
  const acceptedAlone: { token: string; refusedBy: string[] }[] = []
  const stricter = new Map<string, number>()
  let accepted = 0

  for (let n = 0; n < cases; n++) {
    const token = mutate()
    const isAccepted = await ours(token)
    const verdicts = await Promise.all(others.map(async ([name, judge]) => [name, await judge(token)] as const))
    if (isAccepted) {
      accepted++
      const refusedBy = verdicts.filter(([, ok]) => !ok).map(([name]) => name)
      if (refusedBy.length > 0) acceptedAlone.push({ token, refusedBy })
    } else {
      const by = verdicts.filter(([, ok]) => ok).map(([name]) => name)
      if (by.length > 0) {
        const what = `${await reasonOf(token)}, accepted by ${by.join(', ')}`
        stricter.set(what, (stricter.get(what) ?? 0) + 1)
      }
    }
    if (n % 10_000 === 9_999) onProgress?.(n + 1)
  }
  return { cases, accepted, acceptedAlone, stricter }
}

function argument(name: string, fallback: number): number {
  const index = process.argv.indexOf(`--${name}`)
  return index === -1 ? fallback : Number(process.argv[index + 1])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const seed = argument('seed', Date.now())
  const result = await runDifferential(argument('cases', 100_000), seed, (done) => console.error(`${done} cases`))
  const { cases, accepted, acceptedAlone, stricter } = result
  console.log(
    JSON.stringify(
      { seed, cases, accepted, acceptedAlone: acceptedAlone.slice(0, 20), stricter: Object.fromEntries(stricter) },
      null,
      2
    )
  )
  process.exitCode = acceptedAlone.length === 0 ? 0 : 1
}
