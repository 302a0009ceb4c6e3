import { EngineUnavailableError, type LocalCloud, startLocalCloud } from '@dynaseal/local-cloud'
import { afterEach, expect, test } from 'vitest'
import { type Config, createInfrastructure } from '../../examples/single-table/src/infrastructure.js'
import { goShopping } from '../../examples/single-table/src/shopping.js'

const [home, away] = ['us-east-1', 'us-west-2'] as const
let cloud: LocalCloud | undefined
afterEach(() => cloud?.stop())

test.for([
  ['in a batch', 'dynalite'],
  ['in a transaction', 'dynoxide'],
] as const)('the single-table example runs %s, and prints what it shows', async ([how, engine], { skip }) => {
  cloud = await startLocalCloud({ regions: [home, away], engine }).catch((error: unknown) => {
    if (error instanceof EngineUnavailableError) return undefined
    throw error
  })
  if (cloud === undefined) return skip(`${engine} is not installed on this machine`)
  const { endpoint, waitForReplication } = cloud
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const config: Config = region => ({ region, endpoint, credentials })
  const lines: string[] = []
  await goShopping({
    config,
    home,
    away,
    keyArns: await createInfrastructure(config, home, away),
    transactions: engine === 'dynoxide',
    replicated: waitForReplication,
    print: line => lines.push(line.trim()),
  })
  const printed = lines.join('\n')
  expect(printed).toContain(`saved together, ${how.replace(' a ', ' one ')}`)
  expect(printed).toMatch(/Order\.number +2026-0007/)
  expect(printed).toMatch(/PaymentMethod\.number +ciphertext/)
  expect(printed).toMatch(/Order\.lines .*engraving: ciphertext.*sku: ring/)
  expect(printed).toContain('Customer, Order, PaymentMethod\neach is what was saved')
  expect(printed).toContain('order 7 goes to Bergen')
  expect(printed).toContain('us-east-1 reads: to Lyon, engraved for B. and A.')
  expect(printed).toContain('payment methods are not: condition-refused')
  expect(printed).not.toMatch(/4111|ada@example/)
})
