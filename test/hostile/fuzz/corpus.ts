import { readFileSync, writeFileSync } from 'node:fs'

// Inputs by which coverage-guided runs reached new code, one per line: the name of the target, and the input as base64.

/** In the source tree: this module runs from `.build/test/hostile/fuzz`. */
const FILE = new URL('../../../../test/hostile/fuzz/corpus.txt', import.meta.url)

export type Corpus = ReadonlyMap<string, readonly Buffer[]>

export function readCorpus(): Corpus {
  const corpus = new Map<string, Buffer[]>()
  for (const line of readFileSync(FILE, 'utf8').split('\n')) {
    const [name, base64] = line.split(' ')
    if (name === undefined || base64 === undefined) continue
    corpus.set(name, [...(corpus.get(name) ?? []), Buffer.from(base64, 'base64')])
  }
  return corpus
}

export function writeCorpus(corpus: Corpus): void {
  const lines = [...corpus].flatMap(([name, inputs]) => inputs.map((input) => `${name} ${input.toString('base64')}`))
  writeFileSync(FILE, `${lines.join('\n')}\n`)
}
