import { createTable, keyArns } from './cloud.js'

await createTable('accounts', { pk: 'id' }, { byEmail: 'emailToken' })

export { keyArns }
