import type { Answer } from './clients.js'

/** Answers by kind of request and status, and those that must not occur: a stranger let in, a user refused, a 500. */
export interface Answers {
  readonly tally: ReadonlyMap<string, number>
  readonly wrong: readonly string[]
  readonly wrongCount: number
  count(kind: string, status: number | string): void
  /** Strangers are never let in: 200 is not among what is allowed. */
  expect(kind: string, status: number, allowed: readonly number[]): void
  /** As `expect`; and with 200 the body has to name the user. */
  expectUser(kind: string, answer: Answer, userId: string, allowed: readonly number[]): void
  fail(what: string): void
}

const MAX_LISTED = 20

export function createAnswers(): Answers {
  const tally = new Map<string, number>()
  const wrong: string[] = []
  let wrongCount = 0

  const count = (kind: string, status: number | string): void => {
    const name = `${kind} ${status}`
    tally.set(name, (tally.get(name) ?? 0) + 1)
  }
  const fail = (what: string): void => {
    wrongCount++
    if (wrong.length < MAX_LISTED) wrong.push(what)
  }
  const expect = (kind: string, status: number, allowed: readonly number[]): void => {
    count(kind, status)
    if (!allowed.includes(status)) fail(`${kind}: ${status}`)
  }

  return {
    tally,
    wrong,
    get wrongCount() {
      return wrongCount
    },
    count,
    fail,
    expect,
    expectUser(kind, { status, body }, userId, allowed) {
      expect(kind, status, allowed)
      if (status === 200 && !body.includes(userId)) fail(`${kind}: the answer is not about ${userId}`)
    }
  }
}
