import { MULTI_REGION_ID, SINGLE_REGION_ID } from '../kms/keyIds.js'
import {
  type InitialKey,
  InitialResourceError,
  type InitialResources,
  type InitialTable,
} from './resources.js'

type Json = Readonly<Record<string, unknown>>

const KEY_MEMBERS: readonly string[] = [
  'AliasName',
  'KeyId',
  'Region',
  'ReplicaRegions',
  'MultiRegion',
  'KeySpec',
  'KeyUsage',
  'Description',
  'Policy',
  'Tags',
] satisfies (keyof InitialKey)[]

/** What is wrong with a description can be told before anything is made. Throws InitialResourceError. */
export function checkResources({ keys, tables }: InitialResources, regions: readonly string[]): void {
  checkEach('keys', keys, (key, path) => checkKey(key, path, regions))
  checkEach('tables', tables, (table, path) => checkTable(table, path, regions))
  refuseRepeated(keys, regions, (key, path) => [`${path}.AliasName`, key.AliasName], 'keys')
  refuseRepeated(tables, regions, (table, path) => [`${path}.TableName`, table.TableName], 'tables')
  const ids = keys.map(({ KeyId }) => KeyId)
  for (const [n, id] of ids.entries())
    if (id !== undefined && ids.indexOf(id) < n)
      throw new InitialResourceError(`keys[${n}].KeyId`, `${id} is there twice`)
}

function checkKey(key: Json, path: string, regions: readonly string[]): void {
  const unknown = Object.keys(key).find(name => !KEY_MEMBERS.includes(name))
  if (unknown !== undefined)
    throw new InitialResourceError(
      `${path}.${unknown}`,
      `there is no such member; there are ${KEY_MEMBERS.join(', ')}`,
    )
  for (const name of ['AliasName', 'KeyId', 'KeySpec', 'KeyUsage', 'Description', 'Policy'])
    checkOptional(key, path, name, 'a string', value => typeof value === 'string')
  checkOptional(key, path, 'MultiRegion', 'true or false', value => typeof value === 'boolean')
  checkOptional(key, path, 'Tags', 'a list of { "TagKey", "TagValue" }', isTags)
  checkPlaces(key, path, regions)

  const { AliasName, KeyId, MultiRegion, ReplicaRegions } = key as InitialKey
  if (AliasName === undefined && KeyId === undefined)
    throw new InitialResourceError(path, 'needs an AliasName or a KeyId, by which it is found again')
  if (AliasName !== undefined && (!/^alias\/[\w/-]+$/.test(AliasName) || AliasName.startsWith('alias/aws/')))
    throw new InitialResourceError(
      `${path}.AliasName`,
      `must be alias/ and letters, digits, /, _ or -, and not of AWS (alias/aws/), not ${JSON.stringify(AliasName)}`,
    )
  if (MultiRegion === false && ReplicaRegions !== undefined && ReplicaRegions.length > 0)
    throw new InitialResourceError(`${path}.MultiRegion`, 'must be true for a key with ReplicaRegions')
  if (KeyId === undefined) return
  if (!(isMultiRegion(key as InitialKey) ? MULTI_REGION_ID : SINGLE_REGION_ID).test(KeyId))
    throw new InitialResourceError(
      `${path}.KeyId`,
      `must be mrk- and 32 hexadecimal digits for a multi-Region key, else a UUID, not ${JSON.stringify(KeyId)}`,
    )
}

export function isMultiRegion({ KeyId = '', MultiRegion, ReplicaRegions = [] }: InitialKey): boolean {
  return MultiRegion ?? (ReplicaRegions.length > 0 || KeyId.startsWith('mrk-'))
}

function isTags(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(tag => typeof tag?.TagKey === 'string' && typeof tag?.TagValue === 'string')
  )
}

/** The rest is CreateTable's to check. */
function checkTable(table: Json, path: string, regions: readonly string[]): void {
  if (typeof table.TableName !== 'string')
    throw new InitialResourceError(
      `${path}.TableName`,
      `must be a string, not ${JSON.stringify(table.TableName)}`,
    )
  checkPlaces(table, path, regions)
  checkOptional(
    table,
    path,
    'TimeToLiveSpecification',
    '{ "AttributeName": NAME, "Enabled": true }',
    value => isObject(value) && typeof value.AttributeName === 'string' && value.Enabled === true,
  )
}

function checkPlaces(resource: Json, path: string, regions: readonly string[]): void {
  const { Region = regions[0], ReplicaRegions = [] } = resource
  checkOptional(resource, path, 'ReplicaRegions', 'a list of regions', Array.isArray)
  const named: [string, unknown][] = (ReplicaRegions as unknown[]).map((region, n) => [
    `ReplicaRegions[${n}]`,
    region,
  ])
  for (const [name, region] of [['Region', Region], ...named] as [string, unknown][]) {
    if (!regions.some(known => known === region))
      throw new InitialResourceError(
        `${path}.${name}`,
        `must be one of the regions ${regions.join(', ')}, not ${JSON.stringify(region)}`,
      )
  }
  const seen = new Set([Region])
  for (const [name, region] of named) {
    if (seen.has(region)) throw new InitialResourceError(`${path}.${name}`, `${region} is named twice`)
    seen.add(region)
  }
}

function checkEach(path: string, list: unknown, check: (one: Json, path: string) => void): void {
  if (!Array.isArray(list))
    throw new InitialResourceError(path, `must be a list, not ${JSON.stringify(list)}`)
  for (const [n, one] of list.entries()) {
    if (!isObject(one))
      throw new InitialResourceError(`${path}[${n}]`, `must be an object, not ${JSON.stringify(one)}`)
    check(one, `${path}[${n}]`)
  }
}

function checkOptional(
  object: Json,
  path: string,
  name: string,
  expected: string,
  is: (value: unknown) => boolean,
): void {
  const value = object[name]
  if (value !== undefined && !is(value))
    throw new InitialResourceError(`${path}.${name}`, `must be ${expected}, not ${JSON.stringify(value)}`)
}

/** In different regions two may have one name. */
function refuseRepeated<T extends InitialKey | InitialTable>(
  list: readonly T[],
  [first = '']: readonly string[],
  nameOf: (one: T, path: string) => [string, string | undefined],
  path: string,
): void {
  const seen = new Set<string>()
  for (const [n, one] of list.entries()) {
    const [where, name] = nameOf(one, `${path}[${n}]`)
    if (name === undefined) continue
    for (const region of [one.Region ?? first, ...(one.ReplicaRegions ?? [])]) {
      if (seen.has(`${region} ${name}`))
        throw new InitialResourceError(where, `${name} is there twice in ${region}`)
      seen.add(`${region} ${name}`)
    }
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
