/** The world of the command: its process. Tests give another. */
export interface DoctorIo {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
  /** Variables of `--env-file` are added to it, as Node does: a configuration module reads them there. */
  readonly env: Record<string, string | undefined>
  readStdin(): Promise<string>
  /** The file that runs the command, for a process of its own. */
  readonly entry: string
  /** Used where the options name no `fetch`. */
  readonly fetch?: typeof globalThis.fetch
  /** Longest time that a configuration or an application is waited for, in ms. Default: 30,000. */
  readonly patienceMs?: number
}
