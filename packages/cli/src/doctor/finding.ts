import type { Seen } from './seen.js'

/**
 * - `error`: something does not work, or will not when it is needed
 * - `warning`: it works, and not as it was meant
 * - `note`: worth to know, and could not be looked at or is a matter of taste; no reason for a CI job to fail
 */
export type Severity = 'error' | 'warning' | 'note'

/** What a check found. */
export interface Found {
  /** A key's ARN, a table, or a table's index: what it is about. */
  readonly subject: string
  /** Where, in order; none where it is about the configuration alone. */
  readonly regions: readonly string[]
  /** In a sentence or two; holds no value of an item. */
  readonly what: string
  /** Why it matters. */
  readonly why: string
  /** Commands that mend it, one after the other; lines that begin with `#` say what no command does. */
  readonly mend: readonly string[]
}

export interface Finding extends Found {
  /** That of its check. */
  readonly code: string
  readonly severity: Severity
}

/** One thing that can be wrong. It looks at what was seen, and calls nobody. */
export interface Check {
  /** Stable. */
  readonly code: string
  readonly severity: Severity
  /** What it finds, as the documentation has it. */
  readonly finds: string
  run(seen: Seen): Found[]
}
