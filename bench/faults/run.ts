import { createLocalClerk } from '../../src/local/index.js'
import { createSigningKey } from '../traffic/material.js'
import { type CellResult, runCell, type Scenario } from './cell.js'
import { type FaultContender, faultContenders, ours } from './contenders.js'
import { createScenarios } from './scenarios.js'

export interface FaultRow {
  readonly fault: string
  readonly cells: readonly CellResult[]
}

export interface FaultRun {
  /** Contenders to run, by name; empty: all. */
  readonly only: readonly string[]
  /** Faults to run, by name; null: all. */
  readonly faults: readonly string[] | null
  readonly onStep: (label: string) => void
}

export function chooseContenders(only: readonly string[]): readonly FaultContender[] {
  return only.length === 0 ? faultContenders : faultContenders.filter(({ name }) => only.includes(name))
}

/**
 * Runs every fault for all contenders at the same time, each in its own process and with its own key endpoint: a cell
 * spends most of its time waiting.
 */
export async function runFaults({ only, faults, onStep }: FaultRun): Promise<FaultRow[]> {
  const signingKey = createSigningKey()
  const elsewhere = await createLocalClerk({ instanceType: 'production' })
  await elsewhere.listen()
  const chosen = chooseContenders(only)
  const rows: FaultRow[] = []
  try {
    for (const scenario of createScenarios(elsewhere)) {
      if (faults !== null && !faults.includes(scenario.name)) continue
      onStep(scenario.name)
      rows.push({ fault: scenario.name, cells: await runRow(scenario, chosen, signingKey) })
    }
  } finally {
    await elsewhere.close()
  }
  return rows
}

async function runRow(
  scenario: Scenario,
  chosen: readonly FaultContender[],
  signingKey: string
): Promise<CellResult[]> {
  if (!scenario.isAlone) return Promise.all(chosen.map((contender) => runCell(contender, signingKey, scenario)))
  const cells: CellResult[] = []
  for (const contender of chosen) cells.push(await runCell(contender, signingKey, scenario))
  return cells
}

/** The promises of our package that a run has broken; empty when it kept all. */
export function brokenPromises(rows: readonly FaultRow[]): string[] {
  return rows.flatMap(({ fault, cells }) => {
    const cell = cells.find(({ contender }) => contender === ours.name)
    if (cell === undefined) return []
    const broken: string[] = []
    if (cell.wronglyAccepted !== 0) broken.push(`${fault}: ${cell.wronglyAccepted} wrongly accepted`)
    if (cell.wronglyRefused !== 0) broken.push(`${fault}: ${cell.wronglyRefused} wrongly refused`)
    if (cell.fetches > MAX_FETCHES) broken.push(`${fault}: ${cell.fetches} fetches`)
    if (cell.longestWaitMs > MAX_WAIT_MS) broken.push(`${fault}: a wait of ${cell.longestWaitMs.toFixed(0)} ms`)
    return broken
  })
}

/** One fetch until its deadline (3 s), one cool-down (1 s), and half a second for a busy machine. */
const MAX_WAIT_MS = 4500
/**
 * For an outage of eleven minutes: back-off with full jitter comes down to two attempts a minute; its beginning has
 * more.
 */
const MAX_FETCHES = 40
