import type { AttributeValue } from '../attributeValue.js'
import { Writer } from '../bytes/writer.js'
import { SealError, SearchError } from '../errors.js'
import type { AttributePath } from '../format.js'
import { formatPath } from '../formatPath.js'
import { writeValue } from '../value/serialize.js'

/**
 * What a token is the HMAC of: per value its length, type and bytes.
 *
 * @param values normalized
 * @param paths of the attributes that they are of
 * @throws {SearchError} `invalid-value`
 */
export function writeMessage(
  writer: Writer,
  values: readonly AttributeValue[],
  paths: readonly AttributePath[],
): void {
  for (let index = 0; index < values.length; index++) {
    const start = writer.beginLength()
    try {
      writeValue(writer, values[index]!)
    } catch (error) {
      throw error instanceof SealError ? refusedAt(paths, index, error.reason.replace(/\.$/, '')) : error
    }
    writer.endLength(start)
  }
}

/** As {@link writeMessage}, as characters. */
export function messageOf(values: readonly AttributeValue[], paths: readonly AttributePath[]): string {
  const writer = new Writer(256)
  try {
    writeMessage(writer, values, paths)
    return writer.written().toString('latin1')
  } finally {
    writer.clear()
  }
}

export function refused(what: string): SearchError {
  return new SearchError('invalid-value', `${what}.`)
}

/** Says which it is, of several attributes. */
export function refusedAt(paths: readonly AttributePath[], index: number, what: string): SearchError {
  return refused(paths.length > 1 ? `${formatPath(paths[index]!)}: ${what}` : what)
}
