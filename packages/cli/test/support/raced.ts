import type { Target } from '../../src/api.js'

/** A target whose calls pass somebody, who may do something before or after one. */
export function between(
  of: Target,
  around: (name: string, send: () => Promise<unknown>) => Promise<unknown>,
): Target {
  const { dynamodb } = of
  const real = dynamodb.send.bind(dynamodb) as (...given: unknown[]) => Promise<unknown>
  const send = (...given: [object, ...unknown[]]) =>
    around(given[0].constructor.name.replace(/Command$/, ''), () => real(...given))
  return { ...of, dynamodb: { send: send as unknown as typeof dynamodb.send } }
}

/** One in which something happens once, right before the first call of a kind. */
export function raced(of: Target, first: () => Promise<unknown>, call = 'UpdateItem'): Target {
  let isFirst = true
  return between(of, async (name, send) => {
    if (isFirst && name === call) {
      isFirst = false
      await first()
    }
    return send()
  })
}
