import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import process from 'node:process'

/** Cores of which a server and a load generator have one each, so that neither takes time from the other. */
export interface Cores {
  readonly server: number
  readonly generator: number
}

/**
 * Two cores for this process to hand out, of different physical cores where the system tells; null where `taskset` is
 * missing or this process may run on one core only.
 */
export function chooseCores(): Cores | null {
  const allowed = readAllowed()
  const server = allowed[0]
  if (server === undefined) return null
  const siblings = readSiblings(server)
  const generator = allowed.findLast((core) => !siblings.includes(core)) ?? allowed[1]
  return generator === undefined ? null : { server, generator }
}

/** The remark of a part: which of its measurements have a core for the server and one for the generator. */
export function describeCores(isPinned: boolean, pinned: string, others?: string): string {
  return isPinned
    ? `${pinned}: server and load generator are pinned to cores of their own.${others ? ` ${others}: all cores.` : ''}`
    : 'Nothing is pinned: this system has no taskset, or one core.'
}

/** The program and the first arguments with which a process starts on that core alone. */
export function onCore(core: number | null): { readonly execPath: string; readonly before: readonly string[] } {
  if (core === null) return { execPath: process.execPath, before: [] }
  return { execPath: 'taskset', before: ['--cpu-list', String(core), process.execPath] }
}

function readAllowed(): number[] {
  try {
    const text = execFileSync('taskset', ['--cpu-list', '--pid', String(process.pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore']
    })
    return parseCoreList(text.slice(text.lastIndexOf(':') + 1))
  } catch {
    return []
  }
}

function readSiblings(core: number): number[] {
  try {
    return parseCoreList(readFileSync(`/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`, 'utf8'))
  } catch {
    return [core]
  }
}

/** Reads a list as Linux writes it: `0,2-4`. */
export function parseCoreList(text: string): number[] {
  return text
    .trim()
    .split(',')
    .filter((range) => range !== '')
    .flatMap((range) => {
      const [from = Number.NaN, to = from] = range.split('-').map(Number)
      return Array.from({ length: to - from + 1 }, (_, i) => from + i)
    })
}
