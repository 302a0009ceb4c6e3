import { unmarshall } from '@aws-sdk/util-dynamodb'

/** Whether the AWS SDK calls a function that is given as `wrapNumbers`: old versions take it for `true`. */
export const takesFunctions =
  (unmarshall({ n: { N: '1' } }, { wrapNumbers: () => 'taken' }).n as unknown) === 'taken'
export const NO_FUNCTIONS = 'wrapNumbers is a function, which this AWS SDK does not take'
