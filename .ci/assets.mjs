// Copies what the compiler leaves behind (the playground's page, its style and script) next to the compiled code.
import { cpSync } from 'node:fs'
import { argv } from 'node:process'

const compiled = /\.ts$/
cpSync('src', argv[2], { recursive: true, filter: (path) => !compiled.test(path) })
