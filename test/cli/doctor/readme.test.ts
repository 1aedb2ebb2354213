import t from 'tap'
import { DOCTOR_USAGE } from '../../../src/cli/doctor/arguments.js'
import { CAUSES } from '../../../src/cli/doctor/causes.js'
import { manual, section } from '../../docs/manual.js'

const readme = manual('src/cli/README.md')

t.test('the table of causes is that of the code', async (t) => {
  const rows = section(readme.path, 'Causes')
    .split('\n')
    .filter((line) => /^\| `[\w-]+` \| (error|warning|note) \|/.test(line))
  t.strictSame(
    rows,
    Object.entries(CAUSES).map(([cause, { severity, message }]) => `| \`${cause}\` | ${severity} | ${message} |`)
  )
})

t.test('every option of --help is in the manual, and none besides', async (t) => {
  const optionsOf = (text: string) => [...new Set(text.match(/--[a-z][a-z-]+/g))].sort()
  // Options of curl are listed too, after its first.
  const own = section(readme.path, 'doctor').replace(/`-H`, `-b`[^)]*/, '')
  t.strictSame(optionsOf(own), optionsOf(DOCTOR_USAGE))
})
