import type { Call, CallListFilter } from '../callLog.js'
import type { Counter } from '../counters.js'
import type { Inspection } from '../dynamodb/inspection.js'
import type { Fault } from '../faults.js'
import type { KeyOverview } from '../kms/overview.js'

export type NumberedFault = Fault & { readonly id: number }

/** What the page shows, and what its switches do. */
export interface PageSource {
  readonly regions: readonly string[]
  /** Milliseconds that calls to a region take longer, faults aside. */
  latency(region: string): number
  keys(): KeyOverview[]
  readonly inspection: Inspection
  calls(filter: CallListFilter): Call[]
  counters(): Counter[]
  /** In the order in which they were set. */
  faults(): NumberedFault[]
  /** Throws RangeError for what cannot be. */
  addFault(fault: Fault): void
  healFault(id: number): void
  healAll(): void
}
