export type OrganizationRole = string
export type OrganizationPermission = string
export type HasParams = { readonly role?: string; readonly permission?: string; readonly feature?: string; readonly plan?: string; readonly reverification?: unknown }
