import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The repository, as seen from the compiled test. */
export const root = join(import.meta.dirname, '../../..')

export interface Fence {
  readonly language: string
  readonly tags: readonly string[]
  readonly code: string
  readonly name: string
}

export interface Manual {
  /** Path from the repository's root. */
  readonly path: string
  readonly text: string
  readonly fences: readonly Fence[]
}

function readManual(path: string): Manual {
  const text = readFileSync(join(root, path), 'utf8')
  const prefix = path.replace(/\.md$/, '').replaceAll('/', '-').toLowerCase()
  const fences = [...text.matchAll(/^```(\w+)([^\n]*)\n([\s\S]*?)^```$/gm)].map(
    ([, language = '', tags = '', code = ''], index) => ({
      language,
      tags: tags.trim().split(' '),
      code,
      name: `${prefix}-${index}`
    })
  )
  return { path, text, fences }
}

const folderManuals = ['src', 'bench', 'test'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => /(^|\/)README\.md$/.test(path))
    .map((path) => `${folder}/${path}`)
)

/** Every text that is published for people: those at the top, and the README of each folder. */
export const manuals: readonly Manual[] = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...folderManuals.sort()
].map(readManual)

export function manual(path: string): Manual {
  const found = manuals.find((each) => each.path === path)
  if (found === undefined) throw new Error(`There is no ${path}`)
  return found
}

/** The text under a heading, with its subsections. Throws when there is no such heading. */
export function section(path: string, title: string): string {
  const [, level = '', text = ''] =
    new RegExp(`^(#+) ${title}\\n([\\s\\S]*?)(?=^## |$(?![\\s\\S]))`, 'm').exec(manual(path).text) ?? []
  if (level === '') throw new Error(`${path} has no section ${title}`)
  return text
}

/** Rows of tables whose first cell is one name in backticks. */
export function rows(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => /^\| `[\w.]+` \|/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim())
    )
}

const withoutFences = (text: string) => text.replace(/^```[\s\S]*?^```$/gm, '')

/** The anchors that headings give, as GitHub makes them: a title that comes again gets a number. */
export function anchors({ text }: Manual): ReadonlySet<string> {
  const seen = new Map<string, number>()
  const slugs = [...withoutFences(text).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => {
    const slug = title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-')
    const count = seen.get(slug) ?? 0
    seen.set(slug, count + 1)
    return count === 0 ? slug : `${slug}-${count}`
  })
  return new Set(slugs)
}

/** Where links and pictures lead, external ones left out. */
export function relativeLinks({ text }: Manual): string[] {
  return [...withoutFences(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
}
