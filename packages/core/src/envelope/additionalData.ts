import { Writer } from '../bytes/writer.js'
import type { AttributePath } from '../format.js'
import { writePath } from '../location.js'
import { type Form, MARKER, Shape } from './layout.js'

const writer = new Writer(256)

/** Of attributes that hold a value themselves, as most do: by form and name, for all items. */
const known = { [Shape.SHORT]: new Map<string, Buffer>(), [Shape.FULL]: new Map<string, Buffer>() }
/** Names come from tables, too, where maps have encrypted entries. */
const MOST_KNOWN = 1000
const LONGEST_KNOWN = 255

/**
 * What a ciphertext is bound to besides its item: `marker(2) shape(1)`, by which versions and forms are told apart, and
 * the path within the item. Valid until the next call.
 *
 * @throws {SealError} `invalid-location`
 */
export function additionalData(form: Form, path: AttributePath): Buffer {
  // A text is a list of characters, too.
  const name = Array.isArray(path) && path.length === 1 ? (path as AttributePath)[0] : undefined
  if (typeof name !== 'string' || name.length > LONGEST_KNOWN) return written(form, path)
  const ofForm = known[form]
  const before = ofForm.get(name)
  if (before !== undefined) return before
  const made = Buffer.from(written(form, [name]))
  if (ofForm.size >= MOST_KNOWN) ofForm.clear()
  ofForm.set(name, made)
  return made
}

function written(form: Form, path: AttributePath): Buffer {
  writer.clear()
  writer.u8(MARKER[0])
  writer.u8(MARKER[1])
  writer.u8(form)
  writePath(writer, path)
  return writer.written()
}
