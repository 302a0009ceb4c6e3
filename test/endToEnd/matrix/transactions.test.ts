import { transactions } from './commands/transactions.js'
import { describeMatrix } from './matrix.js'

describeMatrix('transactions', transactions)
