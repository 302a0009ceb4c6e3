import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { Dialect } from '../tables/dialect.js'

type Stack = DynamoDBDocumentClient['middlewareStack']

/**
 * A sealed client's configuration. `from()` of the document clients copies a client's configuration and middleware but
 * not its `send`: what it makes of a sealed client would not seal. It assigns its options, and so is known.
 */
export function guardedConfig<CONFIG extends object>(config: CONFIG, dialect: Dialect): CONFIG {
  return new Proxy(config, {
    set(target, name, value) {
      if (name !== 'translateConfig') return Reflect.set(target, name, value)
      throw dialect.refusal(
        'invalid-client',
        'A document client made from a sealed one would not seal. Make it first, and seal it: sealDocumentClient(DynamoDBDocument.from(client), options), with the client before it is sealed, has get(), put() and the like.',
      )
    },
  })
}

/**
 * A sealed client's middleware: what is added to it is added to the client that was sealed, and runs. Commands that
 * another `send` would run with it, past the encryption, are refused.
 */
export function guardedStack(stack: Stack, dialect: Dialect): Stack {
  const refuse = () => async () => {
    throw dialect.refusal(
      'client-not-sealed',
      "A command was about to be sent with a sealed client's middleware and past the encryption. Use the client's own send().",
    )
  }
  const guard = (target: Stack): Stack => {
    target.add(refuse, { step: 'initialize', priority: 'high', name: 'dynasealRefuse', override: true })
    return target
  }
  return {
    ...stack,
    clone: () => guard(stack.clone()),
    concat: from => guard(stack.concat(from as never) as Stack) as never,
    applyToStack: target => {
      stack.applyToStack(target)
      guard(target)
    },
    resolve: () => refuse() as never,
  }
}
