import { EAST, type Plan, WEST, type World } from '../setUp.js'

/** One fault in an application that is healthy otherwise, and all that the doctor finds. */
export interface PlantedFault {
  readonly fault: string
  /** What is planted in the configuration, and in what the cloud begins with. */
  readonly plan?: Partial<Plan>
  /** What is planted in the cloud. */
  plant?(world: World): unknown
  /** Milliseconds that calls are waited for. Default: that of the doctor. */
  readonly timeout?: number
  /** `code region, region`; all of it. */
  readonly finds: readonly string[]
  /** Whether the finding's commands are run afterwards, so that nothing is found any more. */
  readonly isMended?: true
}

export const both = `${EAST}, ${WEST}`
