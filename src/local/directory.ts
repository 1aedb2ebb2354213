import { checkList } from '../core/options/checks.js'
import { requiredText, text } from '../core/options/readers.js'
import { type OptionTable, option, readMembers } from '../core/options/table.js'
import { BoundedMap } from './bounded-map.js'
import { createId } from './ids.js'
import { nameList, nullable, permissionList } from './inputs.js'
import type { TokenOrganization } from './session-claims.js'

/** A user who can sign in to the local instance. */
export interface LocalUser {
  readonly id: string
  readonly name?: string | undefined
  /** By which Clerk's own forms know the user. Default: the id without `user_`, and `@example.com`. */
  readonly email?: string | undefined
  /** Default: none, the user signs in by a code or on the sign-in page. */
  readonly password?: string | undefined
  /** Shown below the name on the sign-in page. */
  readonly note?: string | undefined
  readonly memberships?: readonly LocalMembership[] | undefined
  /** Features of the user, not of an organization. */
  readonly features?: readonly string[] | undefined
  readonly plans?: readonly string[] | undefined
  /** Organization that is active after sign-in; null: the personal account. Default: that of the first membership. */
  readonly activeOrgId?: string | null | undefined
}

export interface LocalMembership {
  readonly orgId: string
  readonly role: string
  readonly permissions?: readonly string[] | undefined
}

export interface LocalOrganization {
  readonly id: string
  readonly slug: string
  readonly name?: string | undefined
  readonly features?: readonly string[] | undefined
  readonly plans?: readonly string[] | undefined
}

const MEMBERSHIP = {
  orgId: requiredText(),
  role: requiredText(),
  permissions: permissionList()
} satisfies OptionTable<LocalMembership>

/** How the members of a user are checked, in the option `users`. */
export const USER = {
  id: requiredText(),
  name: text({ default: null }),
  email: text({ default: null }),
  password: text({ default: null }),
  note: text({ default: null }),
  memberships: option<readonly LocalMembership[], unknown>((given) =>
    checkList(given, 'a list of memberships', (membership) => readMembers(MEMBERSHIP, membership))
  ),
  features: nameList(),
  plans: nameList(),
  activeOrgId: nullable<string>(text({ default: null }))
} satisfies OptionTable<LocalUser>

export const ORGANIZATION = {
  id: requiredText(),
  slug: requiredText(),
  name: text({ default: null }),
  features: nameList(),
  plans: nameList()
} satisfies OptionTable<LocalOrganization>

/** One user on one device. */
export interface LocalSession {
  readonly id: string
  readonly userId: string
  /** When the user signed in, ms since the epoch: no token of this session has an older `iat`. */
  readonly createdAtMs: number
  status: 'active' | 'pending' | 'revoked' | 'ended'
  activeOrgId: string | null
  readonly refreshToken: string
}

/** The users, organizations and sessions of an instance. */
export interface Directory {
  users(): readonly LocalUser[]
  user(id: string): LocalUser | undefined
  /** The user with that email address, in any letters. */
  userByEmail(email: string): LocalUser | undefined
  /** Adds a user who has signed up. False: the directory is full. */
  addUser(user: LocalUser): boolean
  organization(idOrSlug: string): LocalOrganization | undefined
  memberCount(orgId: string): number
  session(id: string): LocalSession | undefined
  openSession(userId: string, atMs: number): LocalSession
  /** Makes an organization the session's active one; empty: the personal account. False: the user is not a member. */
  activate(session: LocalSession, idOrSlug: string): boolean
  /** The organization with the user's role and permissions, as a session token has them. */
  tokenOrganization(userId: string, orgId: string | null): TokenOrganization | undefined
}

/** Users that can sign up, besides those of the option `users`. */
const MAX_SIGN_UPS = 10_000

/** The oldest session is forgotten, as if it had never been. */
const MAX_SESSIONS = 100_000

/** The email address by which Clerk's own forms know the user. */
export function emailOf(user: LocalUser): string {
  return user.email ?? `${user.id.replace(/^user_/, '')}@example.com`
}

export function createDirectory(users: readonly LocalUser[], organizations: readonly LocalOrganization[]): Directory {
  const usersById = new Map(users.map((user) => [user.id, user]))
  const usersByEmail = new Map(users.map((user) => [emailOf(user).toLowerCase(), user]))
  const sessions = new BoundedMap<string, LocalSession>(MAX_SESSIONS)

  function organization(idOrSlug: string): LocalOrganization | undefined {
    return organizations.find(({ id, slug }) => id === idOrSlug || slug === idOrSlug)
  }

  function membership(userId: string, orgId: string): LocalMembership | undefined {
    return usersById.get(userId)?.memberships?.find((entry) => entry.orgId === orgId)
  }

  return {
    users: () => [...usersById.values()],
    user: (id) => usersById.get(id),
    userByEmail: (email) => usersByEmail.get(email.toLowerCase()),
    addUser(user) {
      if (usersById.size >= users.length + MAX_SIGN_UPS) return false
      usersById.set(user.id, user)
      usersByEmail.set(emailOf(user).toLowerCase(), user)
      return true
    },
    organization,
    memberCount(orgId) {
      let count = 0
      for (const user of usersById.values()) if (membership(user.id, orgId) !== undefined) count++
      return count
    },
    session: (id) => sessions.get(id),
    openSession(userId, atMs) {
      const user = usersById.get(userId)
      const session: LocalSession = {
        id: createId('sess'),
        userId,
        createdAtMs: atMs,
        status: 'active',
        activeOrgId: user?.activeOrgId === undefined ? (user?.memberships?.[0]?.orgId ?? null) : user.activeOrgId,
        refreshToken: createId('rt')
      }
      sessions.set(session.id, session)
      return session
    },
    activate(session, idOrSlug) {
      if (idOrSlug === '') {
        session.activeOrgId = null
        return true
      }
      const org = organization(idOrSlug)
      if (org === undefined || membership(session.userId, org.id) === undefined) return false
      session.activeOrgId = org.id
      return true
    },
    tokenOrganization(userId, orgId) {
      if (orgId === null) return undefined
      const org = organization(orgId)
      const member = membership(userId, orgId)
      if (org === undefined || member === undefined) return undefined
      return {
        id: org.id,
        slug: org.slug,
        role: member.role,
        permissions: member.permissions ?? [],
        features: org.features ?? [],
        plans: org.plans ?? []
      }
    }
  }
}
