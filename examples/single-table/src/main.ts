import { EngineUnavailableError, type LocalCloud, startLocalCloud } from '@dynaseal/local-cloud'
import { type Config, createInfrastructure } from './infrastructure.js'
import { goShopping } from './shopping.js'

// Once per client, the AWS SDK recommends a newer Node on stderr.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'

const [home, away] = ['us-east-1', 'us-west-2'] as const
const { cloud, transactions } = await start([home, away])
// On AWS: const config: Config = region => ({ region })
const config: Config = region => ({
  region,
  endpoint: cloud.endpoint,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
})
try {
  const keyArns = await createInfrastructure(config, home, away)
  await goShopping({
    config,
    home,
    away,
    keyArns,
    transactions,
    replicated: () => cloud.waitForReplication(),
    print: line => console.log(line),
  })
} finally {
  await cloud.stop()
}

/** An engine with transactions where there is one for this machine. */
async function start(regions: string[]): Promise<{ cloud: LocalCloud; transactions: boolean }> {
  try {
    return { cloud: await startLocalCloud({ regions, engine: 'dynoxide' }), transactions: true }
  } catch (error) {
    if (!(error instanceof EngineUnavailableError)) throw error
    return { cloud: await startLocalCloud({ regions }), transactions: false }
  }
}
