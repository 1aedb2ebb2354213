import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'

/** Where the frontend packages are installed, with a slash at the end. */
export const frontendProject = fileURLToPath(new URL('../../frontend/', import.meta.url))

/**
 * Goes to the folder in which Clerk's frontend packages are installed, as a developer who starts the local Clerk in a
 * project. False, after a skip that says why, if they are not; where `CLERK_FRONTEND` is set that is a failure.
 */
export function enterFrontendProject(): boolean {
  if (!existsSync(`${frontendProject}node_modules/@clerk/ui/dist`)) {
    const reason = 'the frontend packages are not installed: npm run test:frontend installs them'
    if (process.env.CLERK_FRONTEND) t.fail(reason)
    else t.pass('tests of the frontend', { skip: reason })
    return false
  }
  t.chdir(frontendProject)
  return true
}
