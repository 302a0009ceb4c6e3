import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'

type Values = Record<string, unknown>

/** @param input what is about to be sent, as attribute values */
export type Intercept = (input: Values, forward: (input: Values) => Promise<Values>) => Promise<Values>

/**
 * Puts something between a client and the wire that may change a request or its answer, or answer itself:
 * for what DynamoDB does and no engine here can be made to do.
 */
export function intercept(client: DynamoDBClient, work: Intercept): void {
  client.middlewareStack.add(
    next => async args => {
      let response: unknown
      const output = await work(args.input as Values, async input => {
        const result = await next({ ...args, input: input as never })
        response = result.response
        return result.output as unknown as Values
      })
      return { response: response as never, output: output as never }
    },
    // After the document client has made attribute values of what it was given.
    { step: 'serialize', priority: 'high' },
  )
}
