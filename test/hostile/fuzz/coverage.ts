import { Session } from 'node:inspector'

/** Which blocks of the code under test have run since the last look. */
export interface Coverage {
  /** Names of covered blocks. */
  take(): Set<string>
  stop(): void
}

interface CoverageResult {
  readonly result: readonly {
    readonly url: string
    readonly functions: readonly {
      readonly ranges: readonly { readonly startOffset: number; readonly endOffset: number; readonly count: number }[]
    }[]
  }[]
}

/**
 * V8's block coverage, which tells the fuzzer without native code what an input reaches. Counts are told apart by powers
 * of two: one round of a loop is not the same as eight.
 */
export function startCoverage(isUnderTest: (url: string) => boolean): Coverage {
  const session = new Session()
  session.connect()
  const post = (method: string, parameters?: object): unknown => {
    let answer: unknown
    // Commands to a session of the same thread are answered before this returns.
    session.post(method as 'Profiler.enable', parameters as undefined, (error: Error | null, result?: unknown) => {
      if (error !== null) throw error
      answer = result
    })
    return answer
  }
  post('Profiler.enable')
  post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })

  return {
    take() {
      const { result } = post('Profiler.takePreciseCoverage') as CoverageResult
      const blocks = new Set<string>()
      for (const { url, functions } of result) {
        if (!isUnderTest(url)) continue
        for (const { ranges } of functions) {
          for (const { startOffset, endOffset, count } of ranges) {
            if (count > 0) blocks.add(`${url}:${startOffset}-${endOffset}:${Math.min(8, 31 - Math.clz32(count))}`)
          }
        }
      }
      return blocks
    },
    stop() {
      session.disconnect()
    }
  }
}
