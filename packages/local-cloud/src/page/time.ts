/** Of this machine's time zone: it is the reader's, too. */
export function timeText(at: number): string {
  const date = new Date(at)
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')
  return `${time}.${String(date.getMilliseconds()).padStart(3, '0')}`
}

export function dateText(at: number): string {
  const date = new Date(at)
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${timeText(at).slice(0, 5)}`
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}
