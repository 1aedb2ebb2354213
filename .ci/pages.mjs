// npm run pages: writes the pages that are made from tables of the source. Tests compare them.
import { writeFileSync } from 'node:fs'
import { renderPage } from '../.build/src/help/page.js'
import { renderLlms } from '../.build/test/docs/llms.js'

writeFileSync('src/help/README.md', renderPage())
writeFileSync('src/llms.txt', renderLlms())
