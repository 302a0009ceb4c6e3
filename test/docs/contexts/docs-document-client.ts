import { createTable, keyArns } from './cloud.js'

await createTable('people', { pk: 'id' })
await createTable('shop', { pk: 'pk', sk: 'sk' })

export { keyArns }
