import { createPublicKey } from 'node:crypto'
import t from 'tap'
import { createInstance, type Instance } from '../../src/core/instance.js'
import { silentLogger } from '../../src/core/logger.js'
import { readInstanceOptions } from '../../src/core/options/instance-settings.js'

// The examples of RFC 7515, RFC 7519 and RFC 7520 with RSA keys, and those that must never pass.

/** RFC 7515 appendix A.2.1. */
const RFC7515_A2_KEY = {
  kty: 'RSA',
  n:
    'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-' +
    'pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2Ca' +
    'pHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb5' +
    '4h4FRWyuXpoQ',
  e: 'AQAB'
}
/** RFC 7520 section 3.3. */
const RFC7520_KEY = {
  kty: 'RSA',
  n:
    'n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqV' +
    'wGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJls' +
    'de3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkq' +
    'gc5gHdrNP5zw',
  e: 'AQAB'
}

const A1_PAYLOAD = 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ'
const A2_SIGNATURE =
  'cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t' +
  '1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12j' +
  'zDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQ' +
  'Ge77Rw'
const RFC7520_PAYLOAD =
  'SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5k' +
  'IGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4'

const vectors = {
  'RFC 7515 A.1 (HS256)': `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${A1_PAYLOAD}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`,
  'RFC 7515 A.2 (RS256)': `eyJhbGciOiJSUzI1NiJ9.${A1_PAYLOAD}.${A2_SIGNATURE}`,
  'RFC 7515 A.3 (ES256)': `eyJhbGciOiJFUzI1NiJ9.${A1_PAYLOAD}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q`,
  'RFC 7515 A.5 and RFC 7519 6.1 (none)': `eyJhbGciOiJub25lIn0.${A1_PAYLOAD}.`,
  'RFC 7520 4.1 (RS256)':
    `eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.${RFC7520_PAYLOAD}.` +
    'MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA' +
    '78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQ' +
    'dLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18' +
    'kDquDg',
  'RFC 7520 4.2 (PS384)':
    `eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.${RFC7520_PAYLOAD}.` +
    'cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPpcb' +
    'UrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8I' +
    'mUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-' +
    'X72Eaw'
} as const

/** RFC 7519 appendix A.1: five parts. */
const ENCRYPTED =
  'eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.QR1Owv2ug2WyPBnbQrRARTeEk9kDO2w8qDcjiHnSJflSdv1iNqhWXaKH4MqAk' +
  'QtMoNfABIPJaZm0HaA415sv3aeuBWnD8J-Ui7Ah6cWafs3ZwwFKDFUUsWHSK-IPKxLGTkND09XyjORj_CHAgOPJ-Sd8ONQRnJvWn_hXV1BNMHzUjP' +
  'yYwEsRhDhzjAD26imasOTsgruobpYGoQcXUwFDn7moXPRfDE8-NoQX7N7ZYMmpUDkR-Cx9obNGwJQ3nM52YCitxoQVPzjbl7WBuB7AohdBoZOdZ24' +
  'WlN1lVIeh8v1K4krB8xgKvRU8kgFrEn_a1rZgN5TiysnmzTROF869lQ.AxY8DCtDaGlsbGljb3RoZQ.MKOle7UQrG6nSxTLX6Mqwt0orbHvAKeWnDY' +
  'vpIAeZ72deHxz3roJDXQyhxx0wKaMHDjUEOKIwrtkHthpqEanSBNYHZgmNOV7sln1Eu9g3J8.fiK51VwhsxJ-siBMR-YFiA'

function instanceWith(jwk: typeof RFC7520_KEY): Instance {
  const jwtKey = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }) as string
  return createInstance(
    readInstanceOptions({ jwtKey, now: () => 1_300_819_000_000 }, { env: {}, logger: silentLogger })
  )
}

function verifySignature({ verifier }: Instance, text: string) {
  const token = verifier.decode(text)
  if (token === null) throw new Error('not a JWT')
  return verifier.verifySignature(token)
}

const rfc7515 = instanceWith(RFC7515_A2_KEY)
const rfc7520 = instanceWith(RFC7520_KEY)

t.test('the RS256 example of RFC 7515 A.2 verifies under its key, bit for bit', async (t) => {
  const token = vectors['RFC 7515 A.2 (RS256)']
  t.match(rfc7515.verifier.decode(token)?.claims, { iss: 'joe', exp: 1_300_819_380 })
  t.match(await verifySignature(rfc7515, token), { ok: true })
  t.match(await verifySignature(rfc7520, token), { ok: false, reason: 'token-invalid-signature' })
  t.match(await rfc7515.verifyToken(token), { ok: false, reason: 'token-verification-failed' }, 'but names no user')
})

t.test('the RS256 example of RFC 7520 4.1 holds prose: a good signature makes no JWT of it', async (t) => {
  t.match(await rfc7520.verifyToken(vectors['RFC 7520 4.1 (RS256)']), { ok: false, reason: 'token-invalid' })
})

t.test('examples with other algorithms are refused, also under the key that signed them', async (t) => {
  const reasons = {
    'RFC 7515 A.1 (HS256)': 'token-invalid-algorithm',
    'RFC 7515 A.3 (ES256)': 'token-invalid-algorithm',
    'RFC 7515 A.5 and RFC 7519 6.1 (none)': 'token-invalid-algorithm',
    'RFC 7520 4.2 (PS384)': 'token-invalid'
  } as const
  for (const [name, reason] of Object.entries(reasons)) {
    for (const instance of [rfc7515, rfc7520]) {
      t.match(await instance.verifyToken(vectors[name as keyof typeof reasons]), { ok: false, reason }, name)
    }
  }
  const signature = await verifySignature(rfc7520, vectors['RFC 7515 A.1 (HS256)'])
  t.match(signature, { ok: false, reason: 'token-invalid-algorithm' })
})

t.test('an encrypted JWT (RFC 7519 A.1) is no session token', async (t) => {
  t.match(await rfc7515.verifyToken(ENCRYPTED), { ok: false, reason: 'token-invalid' })
})
