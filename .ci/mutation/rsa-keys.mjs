// Keys cost more than most tests: the nth key of a kind is the same in every run of a process.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const { createRsaKey: generate } = await import(pathToFileURL(resolve('.build/test/fixtures/rsa-keys.js')).href)

globalThis.rsaKeyPool ??= new Map()
const pool = globalThis.rsaKeyPool
const counts = new Map()

export function createRsaKey(...kind) {
  const nth = (counts.get(String(kind)) ?? 0) + 1
  counts.set(String(kind), nth)
  const key = `${kind} ${nth}`
  if (!pool.has(key)) pool.set(key, generate(...kind))
  return pool.get(key)
}
