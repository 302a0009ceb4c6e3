import { createTable, keyArns } from './cloud.js'

await createTable('notes', { pk: 'id' })

export { keyArns }
