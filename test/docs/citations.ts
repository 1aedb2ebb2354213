/** A document that can be cited: its numbered sections, and the rows of its tables that have numbers. */
export interface Document {
  /** From the repository's root. */
  readonly path: string
  readonly sections: ReadonlySet<string>
  /** Rows of tables whose first heading is `row`, `rule`, `step` or `case`. */
  readonly rows: readonly { readonly kind: string; readonly section: string; readonly number: string }[]
}

const KINDS = ['row', 'rule', 'step', 'case']

export function readDocument(path: string, text: string): Document {
  const sections = new Set<string>()
  const rows: { kind: string; section: string; number: string }[] = []
  let section = ''
  let kind = ''
  for (const line of text.split('\n')) {
    const heading = /^#+ (?:(\d+(?:\.\d+)*) )?/.exec(line)
    if (heading !== null) {
      section = heading[1] ?? ''
      if (section !== '') sections.add(section)
    }
    if (!line.startsWith('|')) {
      kind = ''
      continue
    }
    const cell = /^\| ([^|]+?) \|/.exec(line)?.[1] ?? ''
    if (kind === '') kind = KINDS.includes(cell) ? cell : 'other'
    else if (kind !== 'other' && /^\d+$/.test(cell)) rows.push({ kind, section, number: cell })
  }
  return { path, sections, rows }
}

const NUMBERS = String.raw`\d+(?:\.\d+)*(?:(?:,\s+(?:and\s+)?|\s+to\s+|\s+and\s+)\d+(?:\.\d+)*)*`
const PLACE = String.raw`(?:[Ss]ection|[Rr]ow|[Rr]ule|[Ss]tep)s?\s+${NUMBERS}`
/** `state/README.md section 5.2 step 4`, `state/README.md rows 2 to 4`, or the file alone. */
const CITATION = new RegExp(
  String.raw`(?<![\w./-])((?:[\w.-]+/)*README\.md)((?:,?\s+(?:and\s+)?(?:${PLACE}|cases?\s+${NUMBERS}))*)`,
  'g'
)
const BARE = new RegExp(String.raw`\b${PLACE}(?:\s+${PLACE})*`, 'g')
/** Places in standards: `RFC 9110 section 10.2.3`, `RFC 8017 section 9.2 note 1`. */
const STANDARD =
  /(?:RFC\s+\d+(?:bis)?|FIPS\s+[\d-]+|User-Agent\s+Client\s+Hints|Fetch\s+standard),?\s+(?:sections?|appendix)\s+[A-Z\d.]*[A-Z\d](?:(?:,\s+|\s+and\s+|\s+to\s+)\d[\d.]*\d)*(?:\s+(?:note|step)\s+\d+)?/g
/** Names of documents that are not in the repository. */
const ELSEWHERE = /\bprotocol\s+reference\b|\bS-\d+\b|\b[Aa]ppendix\s+[A-Z]\b/g

interface Place {
  readonly kind: string
  readonly number: string
  /** For rows: the section that is named right before the row. */
  readonly section: string
}

function placesIn(text: string): Place[] {
  const places: Place[] = []
  let section = ''
  for (const [, word = '', list = ''] of text.matchAll(
    new RegExp(`(section|row|rule|step|case)s?\\s+(${NUMBERS})`, 'gi')
  )) {
    const kind = word.toLowerCase()
    for (const number of expand(list)) places.push({ kind, number, section })
    section = kind === 'section' ? (places.at(-1)?.number ?? '') : section
  }
  return places
}

/** `2 to 4` of rows names 3 as well; of sections it names the two ends only. */
function expand(list: string): string[] {
  const numbers: string[] = []
  for (const part of list.split(/,\s+(?:and\s+)?|\s+and\s+/)) {
    const [first = '', last] = part.split(/\s+to\s+/)
    numbers.push(first)
    if (last === undefined) continue
    if (!/\./.test(first + last)) for (let n = Number(first) + 1; n < Number(last); n++) numbers.push(String(n))
    numbers.push(last)
  }
  return numbers
}

function problemOf(document: Document, { kind, number, section }: Place): string | null {
  if (kind === 'section') {
    return document.sections.has(number) ? null : `${document.path} has no section ${number}`
  }
  const found = document.rows.filter(
    (row) => row.kind === kind && row.number === number && (section === '' || row.section === section)
  )
  const where = section === '' ? document.path : `${document.path} section ${section}`
  if (found.length === 0) return `${where} has no ${kind} ${number}`
  return found.length === 1 ? null : `${where} has ${found.length} rows ${kind} ${number}: name the section`
}

/** The document with this path, or whose path ends with it; otherwise the problem as text. */
function resolve(name: string, documents: readonly Document[]): Document | string {
  const exact = documents.find(({ path }) => path === name)
  if (exact !== undefined) return exact
  const named = documents.filter(({ path }) => path.endsWith(`/${name}`))
  if (named.length === 1) return named[0] as Document
  return named.length === 0 ? `there is no ${name}` : `${name} can be ${named.map(({ path }) => path).join(' or ')}`
}

/** The text with line breaks and comment marks replaced by blanks, so that every other character keeps its offset. */
function joinLines(text: string, isMarkdown: boolean): string {
  const breaks = isMarkdown ? /\n/g : /\n[ \t]*(?:\*(?!\/)|\/\/|#)/g
  return text.replace(breaks, (mark) => ' '.repeat(mark.length))
}

const blank = (match: string) => ' '.repeat(match.length)

/**
 * The faulty citations of a text, each with its line. A place without a file is a fault, unless the text is a document
 * itself: then it is a place in that document.
 */
export function findFaults(path: string, text: string, documents: readonly Document[]): string[] {
  const faults: { readonly index: number; readonly problem: string }[] = []
  const own = documents.find((document) => document.path === path)
  const add = (index: number, problem: string | null) => {
    if (problem !== null) faults.push({ index, problem })
  }
  let rest = joinLines(text, path.endsWith('.md')).replace(STANDARD, blank)
  if (own !== undefined) rest = withoutLinks(rest, own, add)

  rest = rest.replace(CITATION, (match, name: string, places: string, index: number) => {
    // A path in code, such as `../README.md`: the code that reads the file fails without it.
    if (name.startsWith('.')) return blank(match)
    const document = resolve(name, documents)
    if (typeof document === 'string') add(index, document)
    else for (const place of placesIn(places)) add(index, problemOf(document, place))
    return blank(match)
  })
  for (const match of rest.matchAll(BARE)) {
    if (own === undefined) add(match.index, `"${match[0].replace(/\s+/g, ' ')}" names no file`)
    else {
      for (const place of placesIn(match[0])) add(match.index, problemOf(own, inSection(place, text, match.index)))
    }
  }
  for (const match of rest.matchAll(ELSEWHERE)) {
    add(match.index, `"${match[0].replace(/\s+/g, ' ')}" is not in this repository`)
  }
  return faults
    .sort((a, b) => a.index - b.index)
    .map(({ index, problem }) => `${path}:${text.slice(0, index).split('\n').length}: ${problem}`)
}

/** A step without a section is in the section that mentions it. */
function inSection(place: Place, text: string, index: number): Place {
  if (place.kind !== 'step' || place.section !== '') return place
  const headings = [...text.slice(0, index).matchAll(/^#+ (?:(\d+(?:\.\d+)*) )?/gm)]
  return { ...place, section: headings.at(-1)?.[1] ?? '' }
}

/** Blanks out links. The text of a link within the document may name a section, to which the anchor must lead. */
function withoutLinks(text: string, own: Document, add: (index: number, problem: string | null) => void): string {
  return text.replace(/\[([^\]]*)\]\(([^)]*)\)/g, (match, label: string, target: string, index: number) => {
    if (!target.startsWith('#')) return blank(match)
    for (const place of placesIn(label)) {
      add(index, problemOf(own, place))
      const isThere = place.kind !== 'section' || target.startsWith(`#${place.number.replaceAll('.', '')}-`)
      if (!isThere) add(index, `the link of "${label}" leads to ${target}`)
    }
    return blank(match)
  })
}

/** The tests that a list of cases names in its last column, as `path`: "title". */
export function testsNamedIn(text: string): { readonly path: string; readonly title: string }[] {
  return [...text.matchAll(/`(test\/[\w./-]+\.ts)`: "((?:[^"\\]|\\.)*)"/g)].map(([, path = '', title = '']) => ({
    path,
    title: title.replaceAll('\\"', '"')
  }))
}
