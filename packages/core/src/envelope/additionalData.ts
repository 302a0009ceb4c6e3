import { Writer } from '../bytes/writer.js'
import type { AttributePath } from '../format.js'
import { writePath } from '../location.js'
import { MARKER, type Shape } from './layout.js'

const writer = new Writer(256)

/**
 * What a ciphertext is bound to besides its item: `marker(2) shape(1)`, by which versions and forms are told apart, and
 * the path within the item. Valid until the next call.
 *
 * @throws {SealError} `invalid-location`
 */
export function additionalData(shape: Shape, path: AttributePath): Buffer {
  writer.clear()
  writer.u8(MARKER[0])
  writer.u8(MARKER[1])
  writer.u8(shape)
  writePath(writer, path)
  return writer.written()
}
