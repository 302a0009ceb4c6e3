import { createTable, keyArns } from './cloud.js'

await createTable('accounts', { pk: 'id' }, { byEmail: 'emailToken' })
await createTable('contacts', { pk: 'id' }, { byPhone: 'phoneToken' })
await createTable('directory', { pk: 'tenant', sk: 'id' })
await createTable('logins', { pk: 'pk' })
await createTable('phones', { pk: 'id' })

export { keyArns }
