import { VERSION } from '../../core/version.js'
import { printable } from '../printable.js'
import { examineApp } from './app-findings.js'
import { asksForJson, DOCTOR_USAGE, type DoctorArguments, parseDoctorArguments } from './arguments.js'
import { type CheckReport, checkSetup, renderCheck } from './check.js'
import { type GivenOptions, readConfiguration } from './configuration.js'
import { readEnvironment } from './environment.js'
import { finding } from './finding.js'
import type { GivenRequest } from './given-request.js'
import { InputError } from './input-error.js'
import type { DoctorIo } from './io.js'
import { createRedaction, type Redaction } from './redaction.js'
import { type Report, renderCauses } from './report.js'
import { examineRequest, readRequest, renderRequest } from './request-report.js'
import { type ResolvedOptions, resolveOptions } from './resolved-options.js'
import { examineToken, renderToken } from './token-report.js'
import { examineVariables } from './variables.js'

/** Runs `doctor` with the arguments after that word. Resolves to the exit status. */
export async function runDoctorCommand(args: readonly string[], io: DoctorIo): Promise<0 | 1 | 2> {
  const redaction = createRedaction(io.env)
  try {
    const parsed = parseDoctorArguments(args)
    if (parsed.wantsHelp) {
      io.stdout.write(DOCTOR_USAGE)
      return 0
    }
    if (parsed.wantsVersion) {
      io.stdout.write(`${VERSION}\n`)
      return 0
    }
    const { report, render } = await examine(parsed, io, redaction)
    io.stdout.write(parsed.wantsJson ? toJson(report, redaction) : clean(render(), redaction))
    return report.exitCode
  } catch (error) {
    const message =
      error instanceof InputError
        ? error.message
        : `The doctor itself failed (${error instanceof Error ? error.name : 'unknown error'}): this is a fault of the package.`
    reportFailure(args, message, io, redaction)
    return 2
  }
}

/** Says why nothing could be examined: exit status 2. */
export function reportFailure(
  args: readonly string[],
  message: string,
  io: DoctorIo,
  redaction = createRedaction(io.env)
): void {
  if (asksForJson(args)) io.stdout.write(toJson(inputReport(args, message), redaction))
  else io.stderr.write(clean(`${message}\n`, redaction))
}

function clean(output: string, redaction: Redaction): string {
  return redaction.apply(printable(output))
}

function toJson(report: Report, redaction: Redaction): string {
  const cleaned = (_name: string, value: unknown) => (typeof value === 'string' ? clean(value, redaction) : value)
  return `${JSON.stringify(report, cleaned)}\n`
}

interface Examined {
  readonly report: Report
  render(): string
}

async function examine(args: DoctorArguments, io: DoctorIo, redaction: Redaction): Promise<Examined> {
  const environment = readEnvironment(io.env, args.envFiles)
  const given: GivenOptions = args.configFile === null ? {} : await readConfiguration(args.configFile, io.patienceMs)
  const resolved = resolveOptions(given, io.env, environment)
  const { settings } = resolved
  for (const secret of [settings?.secretKey, settings?.machineSecretKey]) if (secret) redaction.hide(secret)
  const ownsFetch = given.fetch !== undefined
  const usable = settings === null || io.fetch === undefined || ownsFetch ? settings : { ...settings, fetch: io.fetch }
  const context = { ...args, ownsFetch, env: io.env }
  if (args.subject !== 'check') {
    if (usable === null) {
      // Without settings there is nothing to judge by: the report says why, as it does without a word.
      const report: Report = { version: 1, subject: args.subject, exitCode: 2, causes: resolved.findings }
      return { report, render: () => renderCauses(report.causes) }
    }
    const input = await readInput(io)
    if (args.subject === 'token') for (const word of input.split(/\s+/)) if (!word.endsWith(':')) redaction.hide(word)
    if (args.subject === 'token') {
      const report = await examineToken(input, usable, context)
      return { report, render: () => renderToken(report) }
    }
    const request = readRequest(input, args.form)
    for (const value of secretsOf(request)) redaction.hide(value)
    const report = await examineRequest(request, usable, context)
    return { report, render: () => renderRequest(report) }
  }
  const variables = examineVariables(io.env, environment, settings)
  const app = args.appFile === null ? null : await examineApp(args.appFile, io.env, io.entry, io.patienceMs)
  const known = app?.runs === true ? withOptionsInCode(resolved) : resolved
  const report: CheckReport = await checkSetup({ ...known, settings: usable }, variables, context, app?.findings)
  return { report, render: () => renderCheck(report) }
}

/** An application that starts has a source of keys, even if the environment names none. */
function withOptionsInCode(resolved: ResolvedOptions): ResolvedOptions {
  const isMissing = resolved.findings.some(({ cause }) => cause === 'FST_CLERK_OPTION_NO_KEY_SOURCE')
  return isMissing ? { ...resolved, findings: [finding('options-in-code')] } : resolved
}

/** Whatever a request may carry in confidence. The report is made of names alone; this is for slips. */
function secretsOf({ headers, target }: GivenRequest): readonly string[] {
  const { authorization = '', cookie = '' } = headers
  const query = target.includes('?') ? target.slice(target.indexOf('?') + 1).split('&') : []
  return [
    ...authorization.split(/\s+/),
    ...[...cookie.split(';'), ...query].map((pair) => pair.slice(pair.indexOf('=') + 1).trim())
  ]
}

/** Longer than any header that Node takes. */
export const MOST_INPUT = 1_000_000
export const TOO_LONG = 'Standard input holds more than any request does.'

async function readInput(io: DoctorIo): Promise<string> {
  const input = await io.readStdin()
  if (input.length > MOST_INPUT) throw new InputError(TOO_LONG)
  // Some editors put a byte order mark before a text.
  return input.replace(/^\ufeff/, '')
}

function inputReport(args: readonly string[], message: string): Report {
  const subject = args.includes('token') ? 'token' : args.includes('request') ? 'request' : 'check'
  const cause = { cause: 'input', severity: 'error', options: [], message, cure: '' } as const
  return { version: 1, subject, exitCode: 2, causes: [cause] }
}
