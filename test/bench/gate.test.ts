import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { bare } from '../../bench/contenders/bare.js'
import type { Contender } from '../../bench/contenders/contender.js'
import { floorMap, floorPooled, floorSynchronous } from '../../bench/contenders/floors.js'
import { ours } from '../../bench/contenders/ours.js'
import { assertCorrect, createClient } from '../../bench/measure/gate.js'
import { createInstance, trustOf } from '../../bench/traffic/material.js'

const clerk = await createInstance()
t.teardown(() => clerk.close())

async function gate(t: Test, contenders: readonly Contender[]): Promise<void> {
  const gated = []
  for (const contender of contenders) {
    for (const carrier of contender.carriers) {
      const fastify = Fastify()
      t.teardown(() => fastify.close())
      await contender.register(fastify, trustOf(clerk))
      const port = Number(new URL(await fastify.listen({ host: '127.0.0.1', port: 0 })).port)
      const { name, refuses } = contender
      gated.push({ name: `${name} (${carrier})`, refuses, port, client: createClient(clerk, carrier) })
    }
  }
  await assertCorrect(gated)
}

t.test('floors do what they claim, and let in what they claim to leave out', async (t) => {
  await gate(t, [bare, floorMap, floorPooled, floorSynchronous, ours])
})

t.test('a row that claims more than its contender does, or less, is not measured', async (t) => {
  const rejects = (refuses: Contender['refuses'], floor: Contender, message: RegExp) =>
    t.rejects(gate(t, [{ ...floor, carriers: ['bearer'], refuses }]), { message })
  await Promise.all([
    rejects(['no token', 'a forged token', 'an expired token'], floorMap, /claims to refuse an expired token/),
    rejects(['no token'], floorPooled, /claims to accept a forged token/),
    rejects(['no token'], bare, /has to accept a good token/)
  ])
})
