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
