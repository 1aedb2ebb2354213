/** `true` only if both types are identical; `any` is identical to `any` alone. */
export type Equals<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Compiles where the statement about types holds. */
export function holds<_Statement extends true>(): void {}
