/** 1,234,567 */
export function count(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 })
}

/** `1 item`, `2 items` */
export function counted(value: number, one: string): string {
  const text = count(value)
  return `${text} ${text === '1' ? one : `${one}s`}`
}

export function dollars(value: number): string {
  if (value > 0 && value < 0.01) return 'less than $0.01'
  return `$${value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`
}

/** `3 s`, `12 min`, `5 h 20 min` */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 90) return `${minutes} min`
  return `${count(Math.floor(minutes / 60))} h ${minutes % 60} min`
}
