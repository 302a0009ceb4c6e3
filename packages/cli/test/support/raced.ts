import type { Target } from '../../src/api.js'

/** A target in which something else happens right before the first update of an item. */
export function raced(target: Target, first: () => Promise<unknown>): Target {
  const { dynamodb } = target
  const real = dynamodb.send.bind(dynamodb) as (...given: unknown[]) => Promise<unknown>
  let isFirst = true
  const send = async (...given: [object, ...unknown[]]) => {
    if (isFirst && given[0].constructor.name === 'UpdateItemCommand') {
      isFirst = false
      await first()
    }
    return real(...given)
  }
  return { ...target, dynamodb: { send: send as unknown as typeof dynamodb.send } }
}
