import type { Fault, FaultEffect } from '../faults.js'

/** A fault in words, for example "us-west-2, KMS: slow, 500 ms". */
export function faultText(fault: Fault): string {
  switch (fault.kind) {
    case 'cut':
      return `Replication between ${fault.between.join(' and ')}: cut`
    case 'clock':
      return `${fault.region}, clock: ${shiftText(fault.shift)}`
    default: {
      const service = fault.service === undefined ? 'all services' : serviceText(fault.service)
      const only = [
        fault.operation === undefined ? [] : fault.operation,
        fault.principal === undefined ? [] : `of ${fault.principal}`,
      ].flat()
      return `${[fault.region, service, ...only].join(', ')}: ${effectText(fault)}`
    }
  }
}

export function serviceText(service: string): string {
  return service === 'kms' ? 'KMS' : 'DynamoDB'
}

/** "1 h behind", to the largest units that say it. */
export function shiftText(shift: number): string {
  return shift === 0 ? 'right' : `${durationText(Math.abs(shift))} ${shift < 0 ? 'behind' : 'ahead'}`
}

const units: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
  ['ms', 1],
]

export function durationText(milliseconds: number): string {
  let rest = Math.round(milliseconds)
  const parts = units.flatMap(([unit, size]) => {
    const count = Math.floor(rest / size)
    rest -= count * size
    return count === 0 ? [] : [`${count} ${unit}`]
  })
  return parts.slice(0, 2).join(' ') || '0 ms'
}

function effectText(effect: FaultEffect): string {
  switch (effect.kind) {
    case 'refuse':
      return 'refuses connections'
    case 'hang':
      return 'hangs'
    case 'slow':
      if ('percentiles' in effect)
        return `slow, ${Object.entries(effect.percentiles)
          .map(([percent, value]) => `p${percent} ${durationText(value)}`)
          .join(', ')}`
      return `slow, ${durationText(effect.delay)}${effect.jitter ? ` to ${durationText(effect.delay + effect.jitter)}` : ''}`
    case 'error':
      return `answers ${effect.error ?? 'an internal error'}${effect.times === undefined ? '' : `, ${effect.times} times`}`
    case 'deny': {
      const pairs = Object.entries(effect.unlessContext ?? {}).map(([name, value]) => `${name} = ${value}`)
      return `denies access${pairs.length === 0 ? '' : ` unless ${pairs.join(', ')}`}`
    }
    case 'throttle':
      return `throttles ${Math.round(effect.share * 100)} %`
  }
}
