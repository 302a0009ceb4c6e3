/** Throws RangeError where something has a member of another name: a misspelled one would do nothing, or let the rest do more. */
export function refuseUnknown(what: string, given: object, members: readonly string[]): void {
  const unknown = Object.keys(given).find(name => !members.includes(name))
  if (unknown !== undefined) throw new RangeError(`${what} has no ${unknown}; it has ${members.join(', ')}`)
}
