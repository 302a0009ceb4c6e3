import { setTimeout as sleep } from 'node:timers/promises'
import { AwsError, type AwsResponse, type ServiceName } from '../aws.js'
import { ownHeaders } from '../dynamodb/engine.js'
import type { Services } from '../services.js'
import { InitialResourceError } from './resources.js'

/** Calls of our own, which no fault hits and no log shows. */
export class Calls {
  readonly regions: readonly string[]
  readonly #services: Services

  constructor(services: Services, regions: readonly string[]) {
    this.regions = regions
    this.#services = services
  }

  /** Throws AwsError for what is answered with an error. */
  async send(service: ServiceName, region: string, operation: string, input: object): Promise<Answer> {
    const body = Buffer.from(JSON.stringify(input))
    const request = { service, region, operation, headers: ownHeaders(operation), body }
    const { kms, dynamodb } = this.#services
    const response =
      service === 'kms'
        ? await kms.handle(request, { service, region, operation, status: undefined, ended: false, at: 0 })
        : await dynamodb.handle(request)
    return membersOf(response)
  }

  /** Undefined for what is not there. */
  async find(
    service: ServiceName,
    region: string,
    operation: string,
    input: object,
  ): Promise<Answer | undefined> {
    try {
      return await this.send(service, region, operation, input)
    } catch (error) {
      if (error instanceof AwsError && /^(ResourceNotFound|NotFound)Exception$/.test(error.name))
        return undefined
      throw error
    }
  }
}

export type Answer = Readonly<Record<string, unknown>>

function membersOf({ status, body }: AwsResponse): Answer {
  const text = body.toString()
  const members = (text === '' ? {} : JSON.parse(text)) as Record<string, string>
  if (status === 200) return members
  throw new AwsError(String(members.__type).replace(/^.*#/, ''), members.message ?? members.Message, status)
}

/** Says which resource it was that AWS's error is about. */
export async function at<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    throw new InitialResourceError(path, `${error.name}: ${error.message}`, { cause: error })
  }
}

/** Asks until it is so. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(1)
}
