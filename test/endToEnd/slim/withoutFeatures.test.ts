// The main tests of encrypted attributes, with clients of the slim entry that were given no features.
import { describe, vi } from 'vitest'

vi.mock('@dynaseal/toolbox', () => import('@dynaseal/toolbox/slim'))

describe('round trips', async () => {
  await import('../roundTrip.test.js')
})
describe('plaintext and roles', async () => {
  await import('../modes.test.js')
})
describe('what changes meanwhile', async () => {
  await import('../changedMeanwhile.test.js')
})
