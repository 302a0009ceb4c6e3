// A short-lived process, as on Lambda: node branchKeyringProcess.mjs { endpoint, keyArns, region, sk, puts }, in JSON.
// Saves so many items, and says how long that took.
import { PutItemCommand } from 'dynamodb-toolbox'
import { clientsOf, makeApplication, makeKeyring } from './branchKeyringWorld.mjs'

const { endpoint, keyArns, region, sk, puts } = JSON.parse(process.argv[2])
const loaded = performance.now()
const clients = clientsOf(endpoint)
const { Customer } = makeApplication(clients, region, makeKeyring(clients, keyArns, region), {})
const ms = []
for (let put = 0; put < puts; put++) {
  const started = performance.now()
  await Customer.build(PutItemCommand)
    .item({ pk: 'processes', sk: `${sk}-${put}`, name: 'Ada', plan: 'pro' })
    .send()
  ms.push(performance.now() - started)
}
clients.destroy()
process.send({ loaded, ms })
