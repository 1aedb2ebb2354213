import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { findFaults, readDocument } from './citations.js'
import { manuals, root } from './manual.js'

// Comments cite the specification by file and number. Each citation leads somewhere, and nothing cites what is not here.

const documents = manuals.map(({ path, text }) => readDocument(path, text))

/** Where a planted citation is looked for: one document with two sections, and a second one of the same folder name. */
const planted = [
  readDocument(
    'src/core/state/README.md',
    `# State

## 1 Inputs

### 1.1 Headers

| step | what |
|---|---|
| 1 | read |

## 2 Table

| row | answer |
|---|---|
| 1 | a |
| 2 | b |
| 3 | c |

### 2.1 Back

| step | what |
|---|---|
| 1 | return |
`
  ),
  readDocument('src/core/auth/README.md', '# Auth\n'),
  readDocument('test/core/auth/README.md', '# Auth\n')
]

function faultsOf(comment: string, path = 'src/core/x.ts'): string[] {
  return findFaults(path, comment, planted).map((fault) => fault.replace(/^.*?:\d+: /, ''))
}

t.test('citations that lead somewhere, and those of standards, are no faults', async (t) => {
  for (const comment of [
    '// As state/README.md row 2 has it.',
    '// state/README.md rows 1 to 3',
    '// state/README.md section 1.1, and section 2',
    '// src/core/state/README.md section 2.1 step 1',
    '/**\n * The table (state/README.md\n * row 1).\n */',
    '// RFC 9110 section 10.2.3, and RFC 9111 sections 4.2 and 5.2.2',
    '/** As RFC 7515\n * section 4.1.11 wants it. */',
    '// RFC 8017 section 8.2.2 step 1; FIPS 186-5 section A.1.1; RFC 6265bis section 5.6',
    '// One row of three; 2 rows; a section of its own; the S-box.'
  ]) {
    t.same(faultsOf(comment), [], comment)
  }
})

t.test('each kind of fault is found', async (t) => {
  const cases: [comment: string, fault: RegExp][] = [
    ['// states/README.md row 1', /there is no states\/README\.md/],
    ['// states/README.md', /there is no states\/README\.md/],
    ['// auth/README.md', /can be src\/core\/auth\/README\.md or test\/core\/auth\/README\.md/],
    ['// state/README.md section 3', /has no section 3/],
    ['// state/README.md section 1.2', /has no section 1\.2/],
    ['// state/README.md sections 1 and 7', /has no section 7/],
    ['// state/README.md row 4', /has no row 4/],
    ['// state/README.md rows 2 to 5', /has no row 4.*has no row 5/s],
    ['// state/README.md rule 1', /has no rule 1/],
    ['// state/README.md step 1', /has 2 rows step 1: name the section/],
    ['// state/README.md section 2.1 step 2', /section 2\.1 has no step 2/],
    ['// state/README.md case 1', /has no case 1/],
    ['// as section 2 says', /"section 2" names no file/],
    ['/** (sections\n * 2.1 and 3) */', /"sections 2\.1 and 3" names no file/],
    ['// row 2', /"row 2" names no file/],
    ["t.test('row 2 is taken')", /"row 2" names no file/],
    ['// Rows 2 to 4: satellites', /"Rows 2 to 4" names no file/],
    ['// rule 4', /"rule 4" names no file/],
    ['// RFC 9110 has it, see section 3', /"section 3" names no file/],
    ['// no such cookie (S-5)', /"S-5" is not in this repository/],
    ['// protocol reference, section 2.3', /"protocol reference" is not.*"section 2\.3" names no file/s],
    ['/** The protocol\n * reference has examples (appendix B). */', /appendix B.*protocol reference/s]
  ]
  for (const [comment, fault] of cases) {
    t.match(faultsOf(comment).sort().join('\n'), fault, comment)
  }
})

t.test('a document cites places of its own without its name, and by links that lead there', async (t) => {
  const own = (text: string) => faultsOf(text, 'src/core/state/README.md')
  t.same(own('See row 2 and [section 1.1](#11-headers).'), [])
  t.match(own('See row 9.'), [/has no row 9/])
  t.match(own('See [section 1.1](#21-back).'), [/the link of "section 1\.1" leads to #21-back/])
  t.match(own('See [section 1.4](#14-x).'), [/has no section 1\.4/])
})

t.test('a fault says file and line', async (t) => {
  t.match(findFaults('src/x.ts', 'const a = 1\n\n/**\n * By\n * row 7.\n */\n', planted), [/^src\/x\.ts:5: "row 7"/])
})

t.test('every citation in code and documents leads somewhere', async (t) => {
  const isRead = /(?:\.(?:ts|js|mjs|md|css|html)|^\.ci\/[\w-]+)$/
  const isPlanted = /^test\/docs\/citations\.test\.ts$/
  const paths = ['src', 'test', 'bench', '.ci'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
      .filter((path) => isRead.test(path) && !isPlanted.test(path) && !path.startsWith('bench/results/'))
  )
  t.ok(paths.length > 300, `${paths.length} files`)
  const top = manuals.map(({ path }) => path).filter((path) => !path.includes('/'))
  for (const path of [...paths, ...top]) {
    for (const fault of findFaults(path, readFileSync(join(root, path), 'utf8'), documents)) t.fail(fault)
  }
  const cited = paths.filter((path) => path.endsWith('.ts')).map((path) => readFileSync(join(root, path), 'utf8'))
  const count = cited.join('\n').match(/README\.md\s+(?:section|row|rule|case)/g)?.length ?? 0
  t.ok(count > 50, `${count} citations in code`)
})

t.test('files and folders of the repository that a manual names exist', async (t) => {
  for (const { path, text } of manuals) {
    for (const [, named = ''] of text.matchAll(/`((?:src|test|bench|\.ci)\/[\w./-]*[\w/])`/g)) {
      t.ok(existsSync(join(root, named)), `${named}, in ${path}`)
    }
  }
})
