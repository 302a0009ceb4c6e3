import { Writer } from '../bytes/writer.js'
import { SearchError } from '../errors.js'
import { writePath } from '../location.js'
import type { TokenDefinition } from './tokenDefinition.js'

const NO_TENANT = 0x00
const TENANT = 0x01

/** What a key of tokens is for. */
export interface TokenScope {
  readonly definition: TokenDefinition
  readonly table: string
  readonly tenant?: string | undefined
}

/**
 * Table, tenant and attributes, each with its length, so that no two scopes share their bytes. `docs/format.md` has the
 * layout.
 *
 * @throws {SearchError} `invalid-location`
 */
export function canonicalScope({ definition, table, tenant }: TokenScope): Buffer {
  const writer = new Writer(256)
  writeText(writer, table)
  if (tenant === undefined) {
    writer.u8(NO_TENANT)
  } else {
    writer.u8(TENANT)
    writeText(writer, tenant)
  }
  writeAttributes(writer, definition)
  return writer.written()
}

/**
 * As injective, and quicker made: no name of attributes begins with a digit.
 *
 * @throws {SearchError} `invalid-location`
 */
export function scopeName({ definition, table, tenant }: TokenScope): string {
  if (typeof table !== 'string' || (tenant !== undefined && typeof tenant !== 'string')) throw noText()
  const attributes = attributesName(definition)
  return tenant === undefined
    ? `${table.length}:${table}${attributes}`
    : `${table.length}:${table}${tenant.length}:${tenant}${attributes}`
}

const names = new WeakMap<TokenDefinition, string>()

function attributesName(definition: TokenDefinition): string {
  let name = names.get(definition)
  if (name === undefined) {
    const writer = new Writer(64)
    writeAttributes(writer, definition)
    name = `#${writer.written().toString('latin1')}`
    names.set(definition, name)
  }
  return name
}

function writeAttributes(writer: Writer, { paths }: TokenDefinition): void {
  writer.u32(paths.length)
  for (const path of paths) writePath(writer, path)
}

function writeText(writer: Writer, text: string): void {
  if (text === '' || !text.isWellFormed()) throw noText()
  const start = writer.beginLength()
  writer.text(text)
  writer.endLength(start)
}

function noText(): SearchError {
  return new SearchError(
    'invalid-location',
    'the table name or the tenant is empty, or not a well-formed string.',
  )
}
