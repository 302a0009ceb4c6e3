import { randomUUID } from 'node:crypto'
import {
  ConditionCheck,
  DeleteTransaction,
  executeTransactGet,
  executeTransactWrite,
  GetTransaction,
  PutTransaction,
  UpdateTransaction,
} from 'dynamodb-toolbox'
import { type Command, on } from '../loose.js'
import { pathsOf } from '../placement.js'
import { placements } from '../placements.js'
import { type Row, replacing, row } from '../row.js'

const PATHS = placements.flatMap(placement => pathsOf(placement).slice(0, 1))
const MISSING = { attr: 'text', exists: false } as const
const PRESENT = { attr: 'text', exists: true } as const

const write = (options: object, ...actions: Command[]): Promise<unknown> =>
  executeTransactWrite(options, ...(actions as never[]))
const get = (options: object, ...actions: Command[]): Promise<unknown> =>
  executeTransactGet(options, ...(actions as never[]))

export const transactions: readonly Row[] = [
  row(
    'TransactWrite of put, update, delete and check',
    { by: 'writer' },
    ({ Everything, Note }, { key }, { after, note }) =>
      write(
        { capacity: 'TOTAL', metrics: 'SIZE' },
        on(Everything, PutTransaction)
          .item({ ...key('new'), ...after })
          .options({ condition: MISSING }),
        on(Everything, UpdateTransaction)
          .item({ ...key('1'), ...replacing(after) })
          .options({ condition: PRESENT }),
        on(Everything, DeleteTransaction).key(key('2')).options({ condition: PRESENT }),
        on(Note, ConditionCheck).key(key('3')).condition(PRESENT),
        on(Note, PutTransaction).item({ ...key('note'), ...note }),
      ),
  ),
  row('TransactWrite with a token', { by: 'writer' }, ({ Everything }, { key }, { after }) =>
    write(
      { clientRequestToken: randomUUID() },
      on(Everything, PutTransaction).item({ ...key('1'), ...after }),
    ),
  ),
  row('TransactWrite that is cancelled', { by: 'writer' }, ({ Everything, Note }, { key }, { after }) => {
    const failing = { condition: MISSING, returnValuesOnConditionFalse: 'ALL_OLD' }
    return write(
      {},
      on(Everything, PutTransaction)
        .item({ ...key('1'), ...after })
        .options(failing),
      on(Everything, UpdateTransaction)
        .item({ ...key('2'), ...replacing(after) })
        .options(failing),
      on(Everything, PutTransaction).item({ ...key('new'), ...after }),
      on(Note, ConditionCheck).key(key('3')).condition(MISSING).options({
        returnValuesOnConditionFalse: 'ALL_OLD',
      }),
      on(Note, DeleteTransaction)
        .key(key('none'))
        .options({ condition: PRESENT, returnValuesOnConditionFalse: 'ALL_OLD' }),
    )
  }),
  row(
    'TransactWrite that is cancelled without items',
    { by: 'writer' },
    ({ Everything }, { key }, { after }) =>
      write(
        {},
        on(Everything, PutTransaction)
          .item({ ...key('1'), ...after })
          .options({ condition: MISSING }),
        on(Everything, DeleteTransaction).key(key('2')),
      ),
  ),
  row('TransactGet of several entities', { by: 'reader' }, ({ Everything, Note }, { key }) =>
    get(
      { capacity: 'TOTAL' },
      on(Note, GetTransaction).key(key('3')),
      on(Everything, GetTransaction).key(key('none')),
      on(Everything, GetTransaction).key(key('1')),
      on(Everything, GetTransaction)
        .key(key('2'))
        .options({ attributes: ['plain', ...PATHS] }),
    ),
  ),
]
