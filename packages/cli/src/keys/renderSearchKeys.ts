import { facts, table, wrapped } from '../output/table.js'
import type { NewSearchKey } from './newSearchKey.js'
import type { CheckedSearchKey } from './searchKeys.js'

/** A paragraph for each search key. */
export function renderSearchKeys(keys: readonly CheckedSearchKey[], width: number): string {
  return keys.map(key => renderSearchKey(key, width)).join('\n')
}

export function renderSearchKey(key: CheckedSearchKey, width: number): string {
  const use = key.writes ? 'written and found with' : 'found with'
  const wrappedBy = key.wrappingKeys.flatMap(({ provider, name, region, version }): [string, string][] => [
    [
      provider === 'aws-kms' ? 'KMS key' : provider,
      version === undefined ? name : `${name}, version ${version}`,
    ],
    ...(region === undefined ? [] : [['wrapped in', region] as [string, string]]),
  ])
  const replicas = key.replicas.map(({ region, opens, milliseconds, reason }) => [
    region,
    opens ? 'unwraps it' : `does not: ${reason}`,
    `${milliseconds} ms`,
  ])
  const columns = [{ title: 'replica' }, { title: 'alone' }, { title: 'after', isNumber: true }]
  return [
    `Search key ${key.version}, ${use}\n`,
    facts([['id', key.id], ['size', `${key.bytes} bytes`], ...wrappedBy], width, '  '),
    '\n',
    table(columns, replicas, width - 2).replace(/^(?=.)/gm, '  '),
  ].join('')
}

/** What is to be done with a new search key, beside one that is in use. */
export function renderRotation(key: NewSearchKey, old: readonly number[], width: number): string {
  const versions = old.join(', ')
  const steps = [
    `Let all processes find with it: findWith: [key ${key.version}], beside the keys that they have. Deploy that everywhere first.`,
    `Write with it: writeWith: key ${key.version}, findWith: [key ${versions}].`,
    `Compute the tokens of each table anew: dynaseal rewrap TABLE --search-key --apply.`,
    `When a dry run of that finds none, drop the old: writeWith: key ${key.version} alone.`,
  ]
  return steps
    .map((step, index) => {
      const [first = '', ...rest] = wrapped(step, width, '   ')
      return [`${index + 1}. ${first.trimStart()}`, ...rest].map(line => `${line}\n`).join('')
    })
    .join('')
}
