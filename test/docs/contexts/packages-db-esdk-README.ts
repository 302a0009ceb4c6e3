import { KeyStoreAdministration } from '@dynaseal/branch-keyring'
import { keyArns } from './cloud.js'

const administration = new KeyStoreAdministration({ keyArns, keyStore: { tableName: 'branch-keys' } })
await administration.createTable()
await administration.createBranchKey({ branchKeyId: 'customers' })

export { keyArns }
