import t from 'tap'
import { isForAudience } from '../../../src/core/machine/audience.js'
import { readAudience } from '../../../src/core/machine/jwt-claims.js'
import type { MachineTokenType } from '../../../src/core/token-types.js'

const HERE = ['https://api.example.com', 'https://api2.example.com']

/** Whether a token with this `aud` is accepted where `isRequired` is null, true and false. */
function judge(type: MachineTokenType, aud: unknown, values: readonly string[] = HERE): readonly boolean[] {
  return [null, true, false].map((isRequired) => isForAudience(type, readAudience(aud), { values, isRequired }))
}

t.test('a token that names another audience is refused, whatever is required', async (t) => {
  for (const type of ['m2m_token', 'oauth_token'] as const) {
    for (const aud of [
      'https://other.example',
      ['https://other.example'],
      HERE.join(' '),
      'https://api.example.com/'
    ]) {
      t.same(judge(type, aud), [false, false, false], `${type} for ${aud}`)
    }
    for (const aud of [HERE[0], HERE[1], [HERE[1]], ['https://other.example', HERE[0]]]) {
      t.same(judge(type, aud), [true, true, true], `${type} for ${aud}`)
    }
  }
})

t.test('a malformed audience is refused, whatever is required', async (t) => {
  for (const type of ['m2m_token', 'oauth_token'] as const) {
    for (const aud of [7, true, { a: HERE[0] }, [HERE[0], 7], [[HERE[0]]], [HERE[0], ''], ['']]) {
      t.same(judge(type, aud), [false, false, false], `${type} with ${JSON.stringify(aud)}`)
    }
  }
})

t.test('a token that names no audience is judged by its type, unless it is said', async (t) => {
  for (const aud of [undefined, null, '', []]) {
    t.same(judge('m2m_token', aud), [true, true, true].with(1, false), 'M2M tokens need not name one')
    t.same(judge('oauth_token', aud), [false, false, true], 'OAuth tokens have to')
  }
})

t.test('API keys have no audience, and are never asked for one', async (t) => {
  t.same(judge('api_key', undefined), [true, true, true])
})

t.test('where nothing is accepted by name, nothing is checked, but a requirement is met by nobody', async (t) => {
  for (const type of ['m2m_token', 'oauth_token'] as const) {
    for (const aud of [undefined, 'https://other.example', 7]) t.same(judge(type, aud, []), [true, false, true])
  }
})
