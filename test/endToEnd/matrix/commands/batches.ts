import {
  BatchDeleteRequest,
  BatchGetCommand,
  BatchGetRequest,
  BatchPutRequest,
  BatchWriteCommand,
  executeBatchGet,
  executeBatchWrite,
} from 'dynamodb-toolbox'
import { on } from '../loose.js'
import { pathsOf } from '../placement.js'
import { placements } from '../placements.js'
import { type Row, row } from '../row.js'

const PATHS = placements.flatMap(placement => pathsOf(placement).slice(0, 1))

export const batches: readonly Row[] = [
  row(
    'BatchWrite of puts and deletes',
    { by: 'writer' },
    ({ table, Everything, Note }, { key }, { after, note }) =>
      executeBatchWrite(
        { capacity: 'TOTAL', metrics: 'SIZE', maxAttempts: 3 },
        on(table, BatchWriteCommand).requests(
          on(Everything, BatchPutRequest).item({ ...key('1'), ...after }),
          on(Everything, BatchPutRequest).item({ ...key('new'), ...after }),
          on(Note, BatchPutRequest).item({ ...key('note'), ...note }),
          on(Everything, BatchDeleteRequest).key(key('2')),
        ) as never,
      ),
  ),
  row('BatchGet of several entities', { by: 'reader' }, ({ table, Everything, Note }, { key }) =>
    executeBatchGet(
      { capacity: 'TOTAL', maxAttempts: 3 },
      on(table, BatchGetCommand)
        .requests(
          on(Note, BatchGetRequest).key(key('3')),
          on(Everything, BatchGetRequest).key(key('2')),
          on(Everything, BatchGetRequest).key(key('none')),
          on(Everything, BatchGetRequest).key(key('1')),
        )
        .options({ consistent: true }) as never,
    ),
  ),
  row('BatchGet with attributes', { by: 'reader' }, ({ table, Everything }, { key }) =>
    executeBatchGet(
      on(table, BatchGetCommand)
        .requests(
          on(Everything, BatchGetRequest).key(key('2')),
          on(Everything, BatchGetRequest).key(key('1')),
        )
        .options({ attributes: ['plain', ...PATHS] }) as never,
    ),
  ),
]
