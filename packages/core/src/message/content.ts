import { timingSafeEqual } from 'node:crypto'
import type { AttributeValue } from '../attributeValue.js'
import { copyBytes, copyLatin1 } from '../bytes/copy.js'
import type { Writer } from '../bytes/writer.js'
import { FieldError } from '../errors.js'
import { LOCATION_BYTES } from '../location.js'
import { parseValueFrom } from '../value/parse.js'
import { writeValue } from '../value/serialize.js'

/** Version of the content of a message, its first byte. */
const VERSION = 0x01
const LOCATION_OFFSET = 1
const VALUE_OFFSET = LOCATION_OFFSET + LOCATION_BYTES

// Locations are public.
const expected = Buffer.alloc(LOCATION_BYTES)
const found = Buffer.alloc(LOCATION_BYTES)

/**
 * Writes what a message protects: `version(1) location(32) type id(2) value`.
 * @throws {SealError}
 */
export function writeContent(writer: Writer, location: string, value: AttributeValue): void {
  writer.u8(VERSION)
  writer.latin1(location)
  writeValue(writer, value)
}

/** @throws {FieldError} `unsupported-version`, `wrong-location` or `malformed-value` */
export function readContent(content: Buffer, location: string): AttributeValue {
  if (content[0] !== VERSION) {
    throw new FieldError(
      'unsupported-version',
      'the sealed content is of a version that this software does not know. Update it, or find out what else seals with this key.',
    )
  }
  if (content.length < VALUE_OFFSET) {
    throw new FieldError(
      'malformed-value',
      'the sealed content ends too early. It was written by other software.',
    )
  }
  copyBytes(found, content, LOCATION_OFFSET)
  copyLatin1(expected, location)
  if (!timingSafeEqual(found, expected)) {
    throw new FieldError(
      'wrong-location',
      'it was sealed for another item or another attribute. It was moved or copied here; find out by whom, and write the attribute again.',
    )
  }
  return parseValueFrom(content, VALUE_OFFSET)
}
