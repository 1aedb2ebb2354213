import type { WebhookEvent as ClerkEvent, WebhookEventType as ClerkEventType } from '@clerk/backend/webhooks'
import t from 'tap'
import { EVENT_RULES, REVOKE_ON_EVENT_TYPES } from '../../src/webhooks/event-revocation.js'
import type { WebhookEventData, WebhookEventType } from '../../src/webhooks/events.js'
import type { WebhookHandlers } from '../../src/webhooks/index.js'
import { section } from '../docs/manual.js'

// The types are compared by the compiler: this file does not build when Clerk's lists an event that ours lack, or when an
// event of Clerk's does not fit our type of its data.

type Unhandled = Exclude<ClerkEventType, keyof WebhookHandlers>
const everyEventHasAHandler: [Unhandled] extends [never] ? true : Unhandled = true

type Undescribed = Exclude<ClerkEventType, keyof WebhookEventData>
const everyEventHasItsData: [Undescribed] extends [never] ? true : Undescribed = true

/** An interface has no index signature, an object type of the same members does: ours have one, for fields that we leave out. */
type Open<T> = T extends readonly (infer Item)[]
  ? readonly Open<Item>[]
  : T extends object
    ? { [K in keyof T]: Open<T[K]> }
    : T
type DataOf<Type extends ClerkEventType, Event = ClerkEvent> = Event extends { type: infer Types; data: infer Data }
  ? Type extends Types
    ? Open<Data>
    : never
  : never
type Misfit = {
  [Type in ClerkEventType]: DataOf<Type> extends WebhookEventData[Type & keyof WebhookEventData] ? never : Type
}[ClerkEventType]
const everyTypeHasData: [DataOf<'role.deleted'>] extends [never] ? never : true = true
const everyEventFitsItsData: [Misfit] extends [never] ? true : Misfit = true

t.test("every event of Clerk's types is a key of `on`, with a type that its data fits", async (t) => {
  t.ok(everyEventHasAHandler)
  t.ok(everyEventHasItsData)
  t.ok(everyTypeHasData)
  t.ok(everyEventFitsItsData)
  const unknown: WebhookEventType = 'user.updated'
  const handlers: WebhookHandlers = { [unknown]: ({ data }: { data: { id: string } }) => data.id }
  t.type(handlers[unknown], 'function')
})

t.test('the table in the manual names the events that end tokens, and which of them need revokeOn', async (t) => {
  const lines = section('src/webhooks/README.md', 'Webhooks').match(/^\| `\w+\.\w+`.*$/gm) ?? []
  const table = lines.flatMap((line) => {
    const [, events = '', , when = ''] = line.split('|').map((cell) => cell.trim())
    return [...events.matchAll(/`([\w.]+)`/g)].map(([, type = '']) => [type, when] as const)
  })
  const described = table.map(([type]) => type)
  t.same(described.sort(), Object.keys(EVENT_RULES).sort())
  t.same(
    table
      .filter(([, when]) => when === '`revokeOn`')
      .map(([type]) => type)
      .sort(),
    [...REVOKE_ON_EVENT_TYPES].sort()
  )
  for (const [type, when] of table) t.ok(['always', '`revokeOn`'].includes(when), type)
})
