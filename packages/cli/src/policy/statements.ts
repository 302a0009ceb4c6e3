import type { Statement } from './document.js'

/** What differs in its resources alone is one statement: several clients use the same keys. */
export function merged(statements: readonly Statement[]): Statement[] {
  const found = new Map<string, Statement>()
  for (const one of statements) {
    const { Resource, ...rest } = one
    const id = JSON.stringify(rest)
    const known = found.get(id)?.Resource ?? []
    found.set(id, { ...one, Resource: [...new Set([...known, ...Resource])].sort() })
  }
  return [...found.values()]
}

/** A Sid is unique in its policy. */
export function numbered(statements: readonly Statement[]): Statement[] {
  const counts = new Map<string, number>()
  return statements.map(one => {
    const count = (counts.get(one.Sid) ?? 0) + 1
    counts.set(one.Sid, count)
    return count === 1 ? one : { ...one, Sid: `${one.Sid}${count}` }
  })
}
