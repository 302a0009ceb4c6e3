import { InvalidArgumentError } from 'commander'

/** For options that take `name=value`, also several. */
export function pair(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('It takes pairs, as tenant=acme.')
  return { ...before, [name]: value }
}
