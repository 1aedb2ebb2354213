/**
 * Freezes a value that came out of `JSON.parse`: objects, arrays and everything below them. Returns the same value.
 *
 * Claims are nearly always flat, so the first level is a plain loop. Nested values go through a list and not through
 * recursion: a token may nest thousands of levels deep, and no token may overflow the stack.
 */
export function deepFreeze<T extends object>(value: T): Readonly<T> {
  const record = value as Record<string, unknown>
  let nested: object[] | null = null
  for (const key in record) {
    const member = record[key]
    if (typeof member === 'object' && member !== null) {
      if (isLeaf(member)) Object.freeze(member)
      else if (nested === null) nested = [member]
      else nested.push(member)
    }
  }
  Object.freeze(record)
  if (nested !== null) freezeAll(nested)
  return value
}

/** Whether an object or array holds no other. Nearly all members of claims are such: no list is made for them. */
function isLeaf(value: object): boolean {
  for (const key in value) {
    if (typeof (value as Record<string, unknown>)[key] === 'object') return false
  }
  return true
}

function freezeAll(pending: object[]): void {
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const record = next as Record<string, unknown>
    for (const key in record) {
      const member = record[key]
      if (typeof member === 'object' && member !== null) pending.push(member)
    }
    Object.freeze(next)
  }
}
