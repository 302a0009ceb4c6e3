import { expect, it, vi } from 'vitest'
import { Link } from '../src/dynamodb/link.js'

/** A link whose deliveries fail so many times first; `quiet` resolves when it is done. */
function flakyLink(failures: number) {
  const delivered: string[] = []
  let attempts = 0
  let resolveQuiet = () => {}
  const quiet = new Promise<void>(resolve => {
    resolveQuiet = resolve
  })
  const link = new Link<string>({
    lag: { delay: 0, jitter: 0 },
    async deliver(message) {
      if (attempts++ < failures) throw new Error('the engine is not there')
      delivered.push(message)
    },
    onQuiet: () => resolveQuiet(),
  })
  return { link, delivered, quiet, attempts: () => attempts }
}

it('repeats a failed delivery until it succeeds, and is not quiet before', async () => {
  const { link, delivered, quiet, attempts } = flakyLink(3)
  link.push('a')
  expect(link.quiet).toBe(false)
  await quiet
  expect(delivered).toEqual(['a'])
  expect(attempts()).toBe(4)
  expect(link.quiet).toBe(true)
})

it('is quiet while it is cut, and loses nothing', async () => {
  const { link, delivered, quiet } = flakyLink(0)
  link.cut()
  await quiet
  link.push('a')
  link.push('b')
  expect(link.quiet).toBe(true)
  expect(link.messages).toEqual(['a', 'b'])
  const healed = flakyLink(0)
  healed.link.cut()
  healed.link.push('a')
  healed.link.heal()
  expect(healed.link.quiet).toBe(false)
  link.stop()
  expect(delivered).toEqual([])
  healed.link.stop()
})

it('is not quiet while it still delivers what it began before it was cut', async () => {
  let arrive = () => {}
  let finish = () => {}
  let becomeQuiet = () => {}
  const arrived = new Promise<void>(resolve => {
    arrive = resolve
  })
  const quiet = new Promise<void>(resolve => {
    becomeQuiet = resolve
  })
  const link = new Link<string>({
    lag: { delay: 0, jitter: 0 },
    deliver: () =>
      new Promise(resolve => {
        finish = resolve
        arrive()
      }),
    onQuiet: () => {
      if (link.quiet) becomeQuiet()
    },
  })
  link.push('a')
  await arrived
  link.cut()
  link.push('b')
  expect(link.quiet).toBe(false)
  finish()
  await quiet
  expect(link.messages).toEqual(['b'])
  link.stop()
})

it('with jitter lets messages overtake each other, the same way each time', async () => {
  vi.useFakeTimers()
  try {
    const delivered: number[] = []
    const link = new Link<number>({
      lag: { delay: 100, jitter: 50 },
      deliver: async message => void delivered.push(message),
      onQuiet: () => {},
    })
    for (let n = 0; n < 5; n++) link.push(n)
    await vi.advanceTimersByTimeAsync(99)
    expect(delivered).toEqual([])
    await vi.advanceTimersByTimeAsync(51)
    expect(delivered).toEqual([0, 2, 4, 1, 3])
    expect(link.quiet).toBe(true)
  } finally {
    vi.useRealTimers()
  }
})
