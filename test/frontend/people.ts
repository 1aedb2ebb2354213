import type { LocalClerkOptions } from '../../src/local/index.js'

export const PASSWORD = 'engine-of-1837'

/** The directory of these tests: two organizations, and a user who is a member of both. */
export const directory = {
  users: [
    {
      id: 'user_ada',
      name: 'Ada Lovelace',
      email: 'ada@example.com',
      password: PASSWORD,
      activeOrgId: null,
      memberships: [
        { orgId: 'org_analytical', role: 'org:admin', permissions: ['org:docs:write'] },
        { orgId: 'org_harbour', role: 'org:member' }
      ]
    },
    { id: 'user_grace', name: 'Grace Hopper' }
  ],
  organizations: [
    { id: 'org_analytical', slug: 'analytical', name: 'Analytical Engines' },
    { id: 'org_harbour', slug: 'harbour', name: 'Harbour Navy Yard' }
  ]
} satisfies LocalClerkOptions
