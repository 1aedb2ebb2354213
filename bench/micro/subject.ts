import type { FastifyReply, FastifyRequest } from 'fastify'
import { createInstance, type Instance } from '../../src/core/instance.js'
import { readInstanceOptions } from '../../src/core/options/instance-settings.js'
import { type AuthenticatedSlots, createOnRequest, type OnRequestHook } from '../../src/plugin/on-request.js'
import { createDefaultPolicy, createRoutePolicies } from '../../src/plugin/route-policy.js'
import { kAuth, kDecision, kInstance, kReply } from '../../src/plugin/symbols.js'
import { pluginOptions } from '../contenders/ours.js'
import type { Trust } from '../traffic/material.js'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** A request with the members that the hook reads. All have one shape, with the slots that the plugin decorates. */
export class FakeRequest implements AuthenticatedSlots {
  raw: { method: string; url: string; headers: Record<string, string> }
  originalUrl = '/me'
  protocol = 'https'
  host = 'app.local.test'
  ips: undefined = undefined;
  [kAuth]: AuthenticatedSlots[typeof kAuth] = null;
  [kDecision]: AuthenticatedSlots[typeof kDecision] = null;
  [kInstance]: AuthenticatedSlots[typeof kInstance] = null;
  [kReply]: AuthenticatedSlots[typeof kReply] = null

  constructor(headers: Record<string, string>) {
    this.raw = { method: 'GET', url: '/me', headers }
  }
}

const fakeReply = {
  header: () => fakeReply,
  headers: () => fakeReply,
  code: () => fakeReply,
  send: () => fakeReply
}

export interface Subject {
  readonly instance: Instance
  /** Runs the plugin's hook; `done` is called once authentication is over. */
  authenticate(headers: Record<string, string>, done: () => void): FakeRequest
}

/** The plugin's `onRequest` hook without a server. The time is that of `clock`. */
export function createSubject(
  trust: Trust,
  clock: { now: () => number } = { now: Date.now },
  more: Record<string, unknown> = {}
): Subject {
  const options = { ...pluginOptions(trust), ...more, logger: silent, now: () => clock.now() }
  const instance = createInstance(readInstanceOptions(options as never, { env: {}, logger: silent as never }))
  const defaults = createDefaultPolicy(instance.settings)
  const hook: OnRequestHook = createOnRequest(instance, createRoutePolicies(defaults, false))
  return {
    instance,
    authenticate(headers, done) {
      const request = new FakeRequest(headers)
      hook(request as unknown as FastifyRequest, fakeReply as unknown as FastifyReply, done)
      return request
    }
  }
}
