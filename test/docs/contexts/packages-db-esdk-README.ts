import { KeyStoreAdministration } from '@dynaseal/branch-keyring'
import { createTable, keyArns } from './cloud.js'

const administration = new KeyStoreAdministration({ keyArns, keyStore: { tableName: 'branch-keys' } })
await administration.createTable()
await administration.createBranchKey({ branchKeyId: 'customers' })
await createTable('subscribers', { pk: 'id' }, { byEmail: 'aws_dbe_b_email' })

export { keyArns }
