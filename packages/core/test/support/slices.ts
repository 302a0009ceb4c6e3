import { vi } from 'vitest'

/**
 * Slices of work never end, however busy the machine is: by the clock of the process, nothing takes any time.
 * Until mocks are restored.
 */
export async function endlessSlices(): Promise<void> {
  await sliceIsOver()
  vi.spyOn(performance, 'now').mockReturnValue(0)
}

/** Slices end after a few pieces of work, however fast the machine is: each takes a millisecond by that clock. */
export async function shortSlices(): Promise<void> {
  await sliceIsOver()
  let now = 0
  vi.spyOn(performance, 'now').mockImplementation(() => now++)
}

/** The slice of what was before, which goes by the clock of that time. */
function sliceIsOver(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
