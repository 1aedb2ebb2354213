import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { renderLlms, SECTIONS } from './llms.js'
import { manuals, root } from './manual.js'

t.test('src/llms.txt is as it is made: else run npm run pages', async (t) => {
  t.equal(readFileSync(join(root, 'src/llms.txt'), 'utf8'), renderLlms())
})

t.test('it lists every manual of the package, once', async (t) => {
  const listed = Object.values(SECTIONS).flatMap((notes) => Object.keys(notes))
  t.strictSame(listed.sort(), manuals.map(({ path }) => path).sort())
})

t.test('its links lead from the file to the manuals', async (t) => {
  const links = [...renderLlms().matchAll(/^- \[.+\]\((.+)\): \S/gm)].map(([, path = '']) => path)
  t.equal(links.length, manuals.length)
  for (const link of links) t.ok(readFileSync(join(root, 'src', link)).length > 0, link)
})

t.test('it has the form of llmstxt.org: one title, a summary, sections of links, Optional last', async (t) => {
  const text = renderLlms()
  t.match(text, /^# [\w-]+\n\n> .+\n/)
  t.equal(text.match(/^# /gm)?.length, 1)
  t.strictSame(text.match(/^## .+$/gm), ['## Use it', '## Features', '## Optional'])
})
