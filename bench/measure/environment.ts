import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import process from 'node:process'

export interface Environment {
  readonly takenAt: string
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  /** Load average when the run began. Above 0.5, other programs were using the machine. */
  readonly loadBefore: number
  readonly node: string
  readonly v8: string
  readonly openssl: string
  readonly os: string
  readonly versions: Readonly<Record<string, string>>
  /** `-dirty` when the working tree differed from the commit. */
  readonly commit: string
}

const require = createRequire(import.meta.url)

export function describeEnvironment(packages: readonly string[]): Environment {
  return {
    takenAt: new Date().toISOString(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    loadBefore: loadavg()[0] ?? 0,
    node: process.versions.node,
    v8: process.versions.v8,
    openssl: process.versions.openssl ?? '',
    os: `${process.platform} ${process.arch}`,
    versions: Object.fromEntries(packages.map((name) => [name, versionOf(name)])),
    commit: describeCommit()
  }
}

/** Read from disk: not every package exports its package.json. */
function versionOf(name: string): string {
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      return JSON.parse(readFileSync(`${folder}/${name}/package.json`, 'utf8')).version
    } catch {
      // Not in this node_modules.
    }
  }
  return 'not installed'
}

function describeCommit(): string {
  try {
    const git = (...arguments_: string[]) => execFileSync('git', arguments_, { encoding: 'utf8' }).trim()
    // Results written by parts that ran before do not count as a change.
    const changes = git('status', '--porcelain', '--untracked-files=no', '--', '.', ':!bench/results')
    return git('describe', '--always', '--abbrev=12') + (changes === '' ? '' : '-dirty')
  } catch {
    return 'unknown'
  }
}
