const LONE_SURROGATE = /\p{Surrogate}/u

/** Whether a string has a UTF-8 form: a lone surrogate has none, and would silently become U+FFFD. */
export function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text)
}
