// The main tests of encrypted attributes, with clients of the slim entry that were given no features.
import { describe, vi } from 'vitest'

vi.mock('@dynaseal/toolbox', () => import('@dynaseal/toolbox/slim'))

describe('round trips of values in every place', async () => {
  await import('../roundTrip/places.test.js')
})
describe('round trips of updates', async () => {
  await import('../roundTrip/updates.test.js')
})
describe('round trips by every read', async () => {
  await import('../roundTrip/reading.test.js')
})
describe('calls to KMS', async () => {
  await import('../roundTrip/keyCalls.test.js')
})
describe('plaintext and roles', async () => {
  await import('../modes.test.js')
})
describe('what changes meanwhile', async () => {
  await import('../changedMeanwhile.test.js')
})
