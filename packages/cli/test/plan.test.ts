import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { BatchClient, RegisterJobDefinitionCommand, SubmitJobCommand } from '@aws-sdk/client-batch'
import aslValidator from 'asl-validator'
import { Job } from 'kubernetes-models/batch/v1/Job'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { JobReport } from '../src/api.js'
import { configText, createWorld, users, type World } from './support/cloud.js'
import { dynaseal, folder } from './support/command.js'

const SEGMENTS = 3
const ITEMS = 24
let world: World
let made: ReturnType<typeof folder>

beforeAll(async () => {
  world = await createWorld()
  made = folder({ 'dynaseal.config.ts': configText(world) })
})
afterAll(async () => {
  made.remove()
  await world.stop()
})

async function plan(scheduler: string, ...more: string[]): Promise<string> {
  const args = ['backfill', 'users', '--apply', '--entity', 'User', 'Order', '--segments', String(SEGMENTS)]
  const { code, out, note } = await dynaseal([...args, '--plan', scheduler, ...more], { cwd: made.path })
  expect([code, note]).toEqual([0, ''])
  return out
}

/** What one process of a plan is. */
interface Process {
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** The processes that a scheduler starts by a plan, with the variables that it gives them. */
const STARTED: Readonly<Record<string, (text: string) => Process[]>> = {
  kubernetes(text) {
    const { completions, completionMode, template } = parse(text).spec
    expect(completionMode).toBe('Indexed')
    const [{ command }] = template.spec.containers
    return Array.from({ length: completions }, (_, i) => ({
      command,
      env: { JOB_COMPLETION_INDEX: String(i) },
    }))
  },
  batch(text) {
    const { registerJobDefinition: definition, submitJob } = JSON.parse(text)
    expect(submitJob.jobDefinition).toBe(definition.jobDefinitionName)
    const { command } = definition.containerProperties
    return Array.from({ length: submitJob.arrayProperties.size }, (_, i) => ({
      command,
      env: { AWS_BATCH_JOB_ARRAY_INDEX: String(i) },
    }))
  },
  'step-functions'(text) {
    const { States } = JSON.parse(text)
    const [, last] = /^States\.ArrayRange\(0, (\d+), 1\)$/.exec(
      States['Number the segments'].Parameters['segments.$'],
    )!
    const task = States['Work on all segments'].ItemProcessor.States['Work on a segment']
    const [{ Command, Environment }] = task.Parameters.Overrides.ContainerOverrides
    const [{ Name, 'Value.$': value }] = Environment
    expect(value).toBe("States.Format('{}', $)")
    return Array.from({ length: Number(last) + 1 }, (_, i) => ({ command: Command, env: { [Name]: `${i}` } }))
  },
}

async function run({ command: [npx, bin, ...args], env }: Process): Promise<JobReport> {
  expect([npx, bin]).toEqual(['npx', 'dynaseal'])
  const path = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
  const child = spawn(process.execPath, [path, ...args], {
    cwd: made.path,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let out = ''
  child.stdout.on('data', part => {
    out += part
  })
  const code = await new Promise(resolve => child.on('close', resolve))
  expect(code).toBe(0)
  return JSON.parse(out)
}

it.each(Object.keys(STARTED))(
  'the processes of a plan for %s do all of the work, each its part',
  async scheduler => {
    for (let i = 0; i < ITEMS; i++) {
      const Item = { id: { S: `u${i}` }, _et: { S: 'User' }, ssn: { S: `ssn ${i}` } }
      await world.dynamodb.putItem({ TableName: users.name, Item })
    }
    const processes = STARTED[scheduler]!(await plan(scheduler))
    expect(processes).toHaveLength(SEGMENTS)
    const reports = await Promise.all(processes.map(run))
    for (const report of reports) expect(report).toMatchObject({ applied: true, complete: true, left: {} })
    expect(reports.reduce((sum, { changed }) => sum + changed, 0)).toBe(ITEMS)
    expect((await world.items()).every(({ ssn }) => ssn!.B !== undefined)).toBe(true)
  },
)

describe('definitions are what their formats ask for', () => {
  const aslErrors = (definition: object) => aslValidator(definition).errors

  it('a state machine', async () => {
    const definition = JSON.parse(await plan('step-functions'))
    expect(aslErrors(definition)).toEqual([])
    const { 'Work on all segments': map, ...others } = definition.States
    expect(aslErrors({ ...definition, States: others })).not.toEqual([])
    expect(
      aslErrors({ ...definition, States: { ...others, 'Work on all segments': { ...map, Next: 'x' } } }),
    ).not.toEqual([])
  })

  it('an indexed Job', async () => {
    const definition = parse(await plan('kubernetes'))
    new Job(definition).validate()
    expect(definition.metadata.name).toBe('dynaseal-backfill-users')
    const wrong = { ...definition, spec: { ...definition.spec, completions: 'three' } }
    expect(() => new Job(wrong).validate()).toThrow('completions')
    const policy = { ...definition.spec, podFailurePolicy: {} }
    expect(() => new Job({ ...definition, spec: policy }).validate()).toThrow('rules')
  })

  it('an array job of AWS Batch: what its API knows', async () => {
    const { registerJobDefinition, submitJob } = JSON.parse(await plan('batch'))
    expect(await sent(new RegisterJobDefinitionCommand(registerJobDefinition))).toEqual(registerJobDefinition)
    expect(await sent(new SubmitJobCommand(submitJob))).toEqual(submitJob)
    const misspelt = { ...registerJobDefinition, retrystrategy: {} }
    expect(await sent(new RegisterJobDefinitionCommand(misspelt))).not.toEqual(misspelt)
  })
})

/** The body of the request that the AWS SDK makes of an input: it leaves out what the API does not know. */
async function sent(command: RegisterJobDefinitionCommand | SubmitJobCommand): Promise<unknown> {
  const client = new BatchClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  })
  let body: unknown
  client.middlewareStack.add(
    () =>
      async ({ request }) => {
        body = JSON.parse(Buffer.from((request as { body: Uint8Array }).body).toString())
        return { response: {}, output: { $metadata: {} } } as never
      },
    { step: 'finalizeRequest', priority: 'low' },
  )
  await client.send(command as RegisterJobDefinitionCommand)
  return body
}

describe('a plan', () => {
  it('has the options that were given, and no others', async () => {
    const { spec } = parse(await plan('kubernetes', '--max-wcu', '100', '--checkpoint-table', 'checkpoints'))
    expect(spec.template.spec.containers[0].command).toEqual([
      ...['npx', 'dynaseal', 'backfill', 'users', '--apply', '--max-wcu', '100'],
      ...['--checkpoint-table', 'checkpoints', '--entity', 'User', 'Order'],
      ...['--segments', '3', '--segment-variable', 'JOB_COMPLETION_INDEX', '--json'],
    ])
  })

  it('touches no table', async () => {
    world.cloud.clearCalls()
    await plan('batch')
    expect(world.cloud.calls({})).toEqual([])
  })

  it.each([
    [['backfill', 'nothing', '--plan', 'batch'], 'knows no table nothing'],
    [['backfill', 'users', '--plan', 'cron'], 'Allowed choices are'],
    [['backfill', 'users', '--plan', 'batch', '--segments', '1'], '2 to 10,000'],
    [['backfill', 'users', '--plan', 'step-functions', '--segments', '1001'], '1 to 1,000'],
    [['backfill', 'users', '--plan', 'batch', '--checkpoint', 'file.json'], 'it takes --checkpoint-table'],
    [['backfill', 'users', '--plan', 'batch', '--entity', 'Nobody'], 'has no entity Nobody'],
    [['rewrap', 'users', '--plan', 'batch', '--search-key'], 'has no search tokens'],
    [['backfill', 'users', '--segment-variable', 'NOT_SET_ANYWHERE'], 'it is not set'],
    [['backfill', 'users', '--segment-variable', 'X', '--segment', '1'], 'two ways'],
  ])('refuses %o', async (args, message) => {
    const { code, note } = await dynaseal(args, { cwd: made.path })
    expect([code, note.replaceAll('\n', ' ')]).toEqual([2, expect.stringContaining(message)])
  })
})
