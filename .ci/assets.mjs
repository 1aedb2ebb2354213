// Copies what the compiler leaves behind (the playground's page, its style and script) next to the compiled code. The
// manuals of the folders are published where they are, as their links say.
import { cpSync } from 'node:fs'
import { argv } from 'node:process'

const notAsset = /\.(ts|md)$/
cpSync('src', argv[2], { recursive: true, filter: (path) => !notAsset.test(path) })
