import type { AwsResponse } from '../aws.js'
import { withBody } from './answers.js'
import { DynoxideProcess } from './dynoxideProcess.js'
import { type Engine, EngineEndedError, type EngineRequest } from './engine.js'
import { HttpEngine } from './httpEngine.js'
import { DYNOXIDE_OPERATIONS } from './operations.js'
import { PidFile } from './pidFile.js'

/** dynoxide, one process for each region. It has what dynalite has not: transactions, PartiQL, TTL, streams. */
export class DynoxideEngine implements Engine {
  readonly name = 'dynoxide'
  readonly updatesIndexes = true
  readonly #region: string
  readonly #process: DynoxideProcess
  readonly #http: HttpEngine
  readonly #pidFile: PidFile | undefined

  private constructor(region: string, process: DynoxideProcess, pidFile: PidFile | undefined) {
    this.#region = region
    this.#process = process
    this.#pidFile = pidFile
    this.#http = new HttpEngine(region, process.url)
  }

  /**
   * `path` is its SQLite file, made if it is not there; in memory without.
   *
   * Throws EngineUnavailableError where dynoxide is not installed or does not start.
   */
  static async start(region: string, path?: string): Promise<DynoxideEngine> {
    const pidFile = path === undefined ? undefined : new PidFile(`${path}.pid`)
    await pidFile?.waitForEnd()
    const process = await DynoxideProcess.start(path)
    await pidFile?.note(process.pid)
    return new DynoxideEngine(region, process, pidFile)
  }

  supports(operation: string): boolean {
    return DYNOXIDE_OPERATIONS.has(operation)
  }

  async send(request: EngineRequest): Promise<AwsResponse> {
    const operation = operationOf(request)
    try {
      return inRegion(this.#region, operation, await this.#http.send(request))
    } catch (error) {
      const { end } = this.#process
      if (end === undefined) throw error
      throw new EngineEndedError(`dynoxide of ${this.#region} has ended: ${end}`, { cause: error })
    }
  }

  async close(): Promise<void> {
    await this.#http.close()
    await this.#process.stop()
    await this.#pidFile?.remove()
  }
}

function operationOf({ headers }: EngineRequest): string {
  return String(headers['x-amz-target']).replace(/^.*\./, '')
}

/** Their answers have ARNs, and nothing in them that a user could have written as one. */
const WITH_ARNS: ReadonlySet<string> = new Set([
  'CreateTable',
  'DeleteTable',
  'DescribeStream',
  'DescribeTable',
  'ListStreams',
  'UpdateTable',
])

/** dynoxide knows no regions, and says that it is in the region "dynoxide". */
function inRegion(region: string, operation: string, response: AwsResponse): AwsResponse {
  if (response.status !== 200) return response
  if (WITH_ARNS.has(operation))
    return withBody(
      response,
      response.body.toString().replaceAll('arn:aws:dynamodb:dynoxide:', `arn:aws:dynamodb:${region}:`),
    )
  if (operation === 'GetRecords') {
    const { Records, ...rest } = JSON.parse(response.body.toString()) as { Records: object[] }
    const here = Records.map(record => ({ ...record, awsRegion: region }))
    return withBody(response, JSON.stringify({ Records: here, ...rest }))
  }
  return response
}
