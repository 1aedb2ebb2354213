import type { InstanceSettings } from '../../core/options/instance-settings.js'
import type { ExaminationContext } from './examination-context.js'
import { type Finding, inOrder } from './finding.js'
import { clockOffsetOf, examineKeySets } from './key-findings.js'
import { type FoundKeySet, findKeySets } from './key-sets.js'
import { examineBus, examineSnapshot } from './outside-findings.js'
import { type Report, renderCauses, renderTable } from './report.js'
import type { ResolvedOption, ResolvedOptions } from './resolved-options.js'
import { examineSettings } from './variables.js'

export interface CheckReport extends Report {
  readonly subject: 'check'
  readonly options: readonly ResolvedOption[]
  readonly keySets: readonly {
    readonly from: string
    readonly kids: readonly string[]
    readonly failure: string | null
  }[]
  /** Clerk's clock minus that of this machine; null: not known. */
  readonly clockOffsetMs: number | null
}

/** Examines a set-up as the application would have it. */
export async function checkSetup(
  resolved: ResolvedOptions,
  variables: readonly Finding[],
  context: ExaminationContext,
  app: readonly Finding[] = []
): Promise<CheckReport> {
  const { settings, options } = resolved
  const sets = settings === null ? [] : await findKeySets(settings, context.isOffline)
  const outside = settings === null ? [] : await examineOutside(settings, sets, context)
  const own = [...resolved.findings, ...variables, ...outside]
  // An option that does not fit keeps the application from starting, too.
  const causes = inOrder([...own, ...app.filter(({ cause }) => !own.some((other) => other.cause === cause))])
  return {
    version: 1,
    subject: 'check',
    exitCode: exitCodeFor(causes, context.isStrict),
    causes,
    options,
    keySets: sets.map(({ origin, keys, failure }) => ({
      from: origin,
      kids: keys.flatMap(({ kid }) => kid ?? []),
      failure
    })),
    clockOffsetMs: clockOffsetOf(sets)
  }
}

async function examineOutside(
  settings: InstanceSettings,
  sets: readonly FoundKeySet[],
  context: ExaminationContext
): Promise<readonly Finding[]> {
  const found = await Promise.all([examineSnapshot(settings), context.isOffline ? [] : examineBus(settings)])
  return [...examineSettings(settings, context.env), ...examineKeySets(sets, settings, context), ...found.flat()]
}

export function exitCodeFor(causes: readonly Finding[], isStrict: boolean): 0 | 1 {
  const counts = ({ severity }: Finding) => severity === 'error' || (isStrict && severity === 'warning')
  return causes.some(counts) ? 1 : 0
}

export function renderCheck({ causes, options, keySets, clockOffsetMs }: CheckReport): string {
  const given = options.filter(({ source }) => source !== 'default')
  const sections = [
    causes.some(({ severity }) => severity !== 'note') ? '' : 'Nothing is wrong that could be seen from here.\n',
    causes.length === 0 ? '' : renderCauses(causes),
    given.length === 0
      ? ''
      : `Options that are given\n${renderTable(given.map(({ name, value, source }) => [name, value, source]))}\n`,
    keySets.length === 0
      ? ''
      : `Keys\n${renderTable(keySets.map(({ from, kids, failure }) => [`by ${from}`, failure ?? (kids.length === 0 ? 'without a kid' : kids.join(', '))]))}\n`,
    clockOffsetMs === null
      ? ''
      : `Clock\n  Clerk's is ${(Math.abs(clockOffsetMs) / 1000).toFixed(1)} s ${clockOffsetMs >= 0 ? 'ahead of' : 'behind'} this one (by whole seconds)\n`
  ]
  return sections.filter((section) => section !== '').join('\n')
}
