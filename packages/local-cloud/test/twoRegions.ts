import { afterAll, afterEach, beforeAll } from 'vitest'
import { type LocalCloud, startLocalCloud } from '../src/index.js'

export const EAST = 'us-east-1'
export const WEST = 'us-west-2'

/** One for all tests of the file that imports it; what a test breaks is mended after it. */
export let cloud: LocalCloud

beforeAll(async () => {
  cloud = await startLocalCloud({ regions: [EAST, WEST] })
})

afterEach(() => {
  cloud.heal()
  cloud.clearCalls()
})

afterAll(() => cloud.stop())
