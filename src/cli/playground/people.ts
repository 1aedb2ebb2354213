import type { LocalOrganization, LocalUser } from '../../local/index.js'

export const organizations: readonly LocalOrganization[] = [
  {
    id: 'org_analytical',
    slug: 'analytical',
    name: 'Analytical Engines',
    features: ['docs', 'billing'],
    plans: ['team']
  },
  { id: 'org_harbour', slug: 'harbour', name: 'Harbour Navy Yard', features: ['docs'] }
]

const docsRead = 'org:docs:read'
const docsWrite = 'org:docs:write'
const billing = 'org:billing:manage'

/** Of all users, for Clerk's own sign-in form: their addresses are ada@example.com and so on. */
const password = 'difference-engine'

/**
 * The users of the playground. They differ in role, organization, permissions and plan, so that each guard lets one in
 * and refuses another.
 */
export const people: readonly LocalUser[] = [
  {
    id: 'user_ada',
    name: 'Ada Lovelace',
    password,
    note: 'may do everything',
    memberships: [
      { orgId: 'org_analytical', role: 'org:admin', permissions: [docsRead, docsWrite, billing] },
      { orgId: 'org_harbour', role: 'org:guest', permissions: [docsRead] }
    ],
    features: ['beta']
  },
  {
    id: 'user_grace',
    name: 'Grace Hopper',
    password,
    note: 'reads, does not write',
    memberships: [
      { orgId: 'org_harbour', role: 'org:admin', permissions: [docsRead, docsWrite] },
      { orgId: 'org_analytical', role: 'org:member', permissions: [docsRead] }
    ],
    activeOrgId: 'org_analytical'
  },
  {
    id: 'user_alan',
    name: 'Alan Turing',
    password,
    note: 'on his own, with a paid plan',
    features: ['beta'],
    plans: ['pro']
  }
]
