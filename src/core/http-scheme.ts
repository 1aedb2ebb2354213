/** Whether a base URL says its scheme, in capitals or not. Without one it is a host, or a path: a host may begin with `http`. */
export function hasHttpScheme(text: string): boolean {
  return /^https?:\/\//i.test(text)
}
