import { posix } from 'node:path'
import { manual } from './manual.js'

/** Manuals by section, each with a note; titles are their own. `Optional` is a section that a reader may skip (llmstxt.org). */
export const SECTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'Use it': {
    'README.md':
      'install, quick start, request.auth, guards, every option, testing, differences from and migration from @clerk/fastify',
    'src/help/README.md': 'every error code, reason and cause, each with its cause and its cure',
    'src/cli/README.md': 'the commands: playground, doctor, help, migrate, audit verify',
    'src/plugin/README.md': 'order of loading, deny by default, guards by hand, several instances, other origins',
    'src/core/auth/README.md':
      'types of claims and permissions, machine tokens, and the specification of request.auth and has()',
    'src/local/README.md': 'a Clerk for tests and development: sessions, keys, webhooks, faults, clocks, no network',
    'SECURITY.md': 'threat model: what is trusted, guaranteed and out of scope'
  },
  Features: {
    'src/core/README.md': 'errors, and verifying tokens without Fastify by createTokenVerifier',
    'src/core/jwks/README.md':
      'key sets through outages and rotations: sources, snapshots, clusters, egress proxies, readiness',
    'src/revocation/README.md':
      'ending sessions and tokens at once, across processes by Redis, PostgreSQL or node:cluster',
    'src/webhooks/README.md': 'verified events of Clerk, which revoke sessions',
    'src/core/connections/README.md': 'WebSockets and streams that end with their session',
    'src/audit/README.md': 'a record of each audited request, chained by hash if asked for',
    'src/mcp/README.md': 'OAuth protected resources (RFC 9728), and MCP servers',
    'src/openapi/README.md': 'security requirements of routes in the document of @fastify/swagger',
    'src/proxy/README.md': 'Clerk’s Frontend API below a path of the server',
    'src/metrics/README.md': 'Prometheus metrics, a dashboard and alert rules',
    'src/otel/README.md': 'OpenTelemetry metrics and events on spans',
    'src/diagnostics/README.md': 'diagnostics channels, health and counters'
  },
  Optional: {
    'src/README.md': 'the map of the source: folders, directions of imports, how to add things, glossary',
    'src/core/state/README.md': 'specification: request states, the decision table, handshakes, reasons',
    'src/core/token/README.md': 'specification: session tokens',
    'src/core/machine/README.md': 'specification: machine tokens',
    'src/core/backend-api/README.md': 'specification: calls of Clerk’s Backend API',
    'test/README.md': 'how the package is tested, and applications to copy',
    'test/hostile/README.md': 'known attacks, each with its test',
    'test/oracle/README.md': 'comparison with Clerk’s SDK, request by request',
    'bench/README.md': 'figures, and how they are measured',
    'CONTRIBUTING.md': 'rules for changes, dependencies',
    'CHANGELOG.md': 'changes by version'
  }
}

const INTRODUCTION = `# fastify-clerk-auth

> Authenticates every request to a Fastify 5 server with Clerk, at the cost of a cache lookup. Node.js 20.19 or later.

Register the default export before the routes and import the guards from the package; \`request.auth\` is never null.
Options that do not fit keep the server from starting, with a code that \`npx fastify-clerk-auth help CODE\` explains.
Not for Fastify 4, Express, or managing users (\`@clerk/backend\` does that).
`

/** The text of src/llms.txt, in the form of llmstxt.org. Links are relative to that file. */
export function renderLlms(): string {
  const sections = Object.entries(SECTIONS).map(([title, notes]) => {
    const lines = Object.entries(notes).map(
      ([path, note]) => `- [${titleOf(path)}](${posix.relative('src', path)}): ${note}`
    )
    return `## ${title}\n\n${lines.join('\n')}\n`
  })
  return [INTRODUCTION, ...sections].join('\n')
}

function titleOf(path: string): string {
  return /^# (.+)$/m.exec(manual(path).text)?.[1] ?? path
}
