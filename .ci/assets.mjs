// Copies what the compiler leaves behind: the playground's pages, their style and scripts.
import { cpSync } from 'node:fs'
import { argv } from 'node:process'

const pages = 'cli/playground/page'
cpSync(`src/${pages}`, `${argv[2]}/${pages}`, { recursive: true })
