import { FieldError, SealError } from './errors.js'
import type { AttributePath, ItemFields } from './format.js'
import { placeOf } from './place.js'

/**
 * The outcome of a field that does not open, with its place. What is no error of ours is thrown again: it is about the
 * call, or a defect.
 */
export function notOpened(
  error: unknown,
  item: ItemFields<unknown>,
  path: AttributePath,
): { readonly error: FieldError } {
  return { error: fieldError(error).at(placeOf(item, path)) }
}

function fieldError(error: unknown): FieldError {
  if (error instanceof FieldError) return error
  if (error instanceof SealError && error.code === 'invalid-location') {
    return new FieldError('invalid-location', error.reason)
  }
  throw error
}
