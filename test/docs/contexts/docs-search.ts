import { createTable, keyArns } from './cloud.js'

await createTable('accounts', { pk: 'id' }, { byEmail: 'emailToken' })
await createTable('contacts', { pk: 'id' }, { byPhone: 'phoneToken' })
await createTable('directory', { pk: 'tenant', sk: 'id' })

export { keyArns }
