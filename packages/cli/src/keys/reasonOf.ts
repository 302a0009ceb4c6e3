/**
 * Why something did not work, in a line: what the keyring says, which is nearer to it, and its first attempt. Without
 * times, so that equal reasons are equal.
 */
export function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  const [first = '', second = ''] = (cause instanceof Error ? cause.message : message).split('\n')
  const attempt = second.startsWith('  ') ? ` ${second.trim()}` : ''
  return `${first}${attempt}`.replaceAll(/ after \d+ ms| \(\d+ ms\)/g, '')
}

/** The end of what others say, before more is said: AWS leaves out the full stop of many a sentence. */
export function sentence(text: string): string {
  const trimmed = text.trim()
  return /[.!?:)]$/.test(trimmed) ? trimmed : `${trimmed}.`
}

/** What somebody has thrown, which need be no error. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
