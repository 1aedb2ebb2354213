import { match } from 'path-to-regexp'
import t from 'tap'
import { compileOrganizationTarget } from '../../../src/core/state/organization-target.js'

t.test('patterns match as path-to-regexp 6 does', async (t) => {
  const target = compileOrganizationTarget(
    ['/orgs/:slug', '/orgs/:slug/(.*)', '/by-id/:id(\\d+)', '/optional{/:id}?', '/named/:name'],
    ['/me', '/me/(.*)', '/optional', '/named/:any']
  )
  t.same(target('/orgs/acme'), { kind: 'slug', value: 'acme' })
  t.same(target('/ORGS/Acme/'), { kind: 'slug', value: 'Acme' }, 'the path has no case, the value has')
  t.same(target('/orgs/acme/x/y'), { kind: 'slug', value: 'acme' })
  t.same(target('/orgs/a%20b'), { kind: 'slug', value: 'a%20b' }, 'values are as in the path')
  t.same(target('/by-id/12'), { kind: 'id', value: '12' })
  t.equal(target('/by-id/x'), null)
  t.same(target('/me'), { kind: 'personal', value: '' })
  t.same(target('/me/settings'), { kind: 'personal', value: '' })
  t.same(target('/optional'), { kind: 'personal', value: '' }, 'a pattern that names no organization decides nothing')
  t.same(target('/named/x'), { kind: 'personal', value: '' })
  t.equal(target('/other'), null)
  t.equal(target('/orgs'), null)
  for (const [organization, personal] of [
    [[], []],
    [['/orgs/:slug'], []],
    [[], ['/me']]
  ] as const) {
    t.equal(compileOrganizationTarget(organization, personal)('/other'), null, 'no pattern, no answer')
  }
  t.throws(() => compileOrganizationTarget(['/:'], []), 'at registration, not on a request')
})

t.test('parameters are those that path-to-regexp reads', async (t) => {
  const patterns = [
    ['/:id/:slug'],
    ['/x/:slug/:id?', '/x/:id'],
    ['/many/:id+'],
    ['/many/:slug*'],
    ['/pre{-:id}*'],
    ['/a/:id(x*)', '/a/:slug'],
    ['/(.*)/:id', '/:slug/(.*)']
  ]
  const paths = [
    '/x/y',
    '/x/y/z',
    '/x',
    '/many/a/b/c',
    '/many',
    '/many/',
    '/pre-a-b',
    '/pre',
    '/a/',
    '/a/xx',
    '/a/b',
    '/'
  ]
  let found = 0
  for (const pattern of patterns) {
    const target = compileOrganizationTarget(pattern, [])
    const reference = match<{ id?: unknown; slug?: unknown }>(pattern)
    for (const path of paths) {
      const matched = reference(path)
      const { id, slug } = matched === false ? {} : matched.params
      const expected = id ? { kind: 'id', value: String(id) } : slug ? { kind: 'slug', value: String(slug) } : null
      if (expected !== null) found++
      t.same(target(path), expected, `${pattern} ${path}`)
    }
  }
  t.ok(found > 15, `${found} paths name an organization`)
})
