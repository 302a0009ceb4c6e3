import type { Checkpoint, Target } from '../../src/api.js'

/** A process that ends in the middle of something. */
export interface Crash {
  readonly target: Target
  readonly checkpoint: Checkpoint
  /** Resolves when it has ended, and nothing of it is on its way any more. */
  readonly crashed: Promise<void>
}

export interface CrashPoint {
  /** Calls, of DynamoDB and of the checkpoint, that it still makes. */
  readonly after: number
  /** Whether the call in which it ends arrives, and only its answer is lost. */
  readonly arrives: boolean
}

const never = () => new Promise<never>(() => {})

/** A process that crashes, around what survives it. */
export function crashing(target: Target, checkpoint: Checkpoint, { after, arrives }: CrashPoint): Crash {
  let left = after
  let crash = () => {}
  const crashing = new Promise<void>(resolve => {
    crash = resolve
  })
  const underWay = new Set<Promise<unknown>>()
  const track = <T>(call: Promise<T>): Promise<T> => {
    underWay.add(call)
    return call.finally(() => underWay.delete(call))
  }
  const hasCrashed = () => left < 0
  const step = async <T>(call: () => Promise<T>): Promise<T> => {
    left--
    if (left >= 0) {
      try {
        const result = await track(call())
        return hasCrashed() ? never() : result
      } catch (error) {
        return hasCrashed() ? never() : Promise.reject(error)
      }
    }
    if (left === -1 && arrives) await track(call()).catch(() => {})
    crash()
    return never()
  }
  const crashed = crashing.then(() => Promise.allSettled(underWay)).then(() => {})
  const { dynamodb } = target
  const real = dynamodb.send.bind(dynamodb) as (...given: unknown[]) => Promise<unknown>
  const send = (...given: unknown[]) => step(() => real(...given))
  return {
    target: { ...target, dynamodb: { send: send as unknown as typeof dynamodb.send } },
    checkpoint: { ...checkpoint, save: text => step(() => checkpoint.save(text)) },
    crashed,
  }
}

/** A checkpoint that outlives its process. */
export function kept(): Checkpoint & { text: string | undefined; saves: number; texts: string[] } {
  const checkpoint = {
    name: 'the checkpoint',
    text: undefined as string | undefined,
    saves: 0,
    /** All that were saved. */
    texts: [] as string[],
    load: async () => checkpoint.text,
    async save(text: string) {
      await new Promise(setImmediate)
      checkpoint.text = text
      checkpoint.saves++
      checkpoint.texts.push(text)
    },
    async remove() {
      checkpoint.text = undefined
    },
  }
  return checkpoint
}
