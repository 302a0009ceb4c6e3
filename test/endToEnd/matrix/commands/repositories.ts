import {
  EntityAccessPattern,
  EntityRepository,
  EntitySpy,
  GetItemCommand,
  map,
  PutItemCommand,
  QueryCommand,
  string,
  TableAccessPattern,
  TableRepository,
  TableSpy,
} from 'dynamodb-toolbox'
import type { Entities } from '../entities.js'
import { on, type Repository } from '../loose.js'
import { type Row, replacing, row } from '../row.js'

const writer = { by: 'writer' } as const
const returning = { by: 'writer', returnsAttributes: true } as const
const reader = { by: 'reader' } as const

const entity = ({ Everything }: Entities) => Everything.build(EntityRepository) as unknown as Repository
const table = ({ table, Everything, Note }: Entities) =>
  table.build(TableRepository).entities(Everything, Note) as unknown as Repository

export const repositories: readonly Row[] = [
  row('EntityRepository.put', returning, (entities, { key }, { after }) =>
    entity(entities).put!({ ...key('1'), ...after }, { returnValues: 'ALL_OLD' }),
  ),
  row('EntityRepository.update', returning, (entities, { key }, { after }) =>
    entity(entities).update!({ ...key('1'), ...replacing(after) }, { returnValues: 'ALL_NEW' }),
  ),
  row('EntityRepository.updateAttributes', returning, (entities, { key }, { after }) =>
    entity(entities).updateAttributes!({ ...key('1'), ...after }, { returnValues: 'ALL_NEW' }),
  ),
  row('EntityRepository.delete', returning, (entities, { key }) =>
    entity(entities).delete!(key('1'), { returnValues: 'ALL_OLD' }),
  ),
  row('EntityRepository.get', reader, (entities, { key }) => entity(entities).get!(key('1'))),
  row('EntityRepository.query', reader, (entities, { pk }) => entity(entities).query!({ partition: pk })),
  row('EntityRepository.scan', reader, (entities, { pk }) =>
    entity(entities).scan!({ filters: { Everything: { attr: 'pk', eq: pk } } }),
  ),
  row('EntityRepository.transactWrite', writer, (entities, { key }, { after }) => {
    const everything = entity(entities)
    return EntityRepository.executeTransactWrite(
      everything.transactPut!({ ...key('new'), ...after }) as never,
      everything.transactUpdate!({ ...key('1'), ...replacing(after) }) as never,
      everything.transactCheck!(key('2'), { attr: 'text', exists: true }) as never,
    )
  }),
  row('EntityRepository.transactGet', reader, (entities, { key }) =>
    EntityRepository.executeTransactGet(entity(entities).transactGet!(key('1')) as never),
  ),
  row('EntityRepository.accessPattern', reader, (entities, { pk }) =>
    entity(entities).accessPattern!(map({ partition: string() }), (query: object) => query)
      .query({ partition: pk })
      .send(),
  ),
  row('EntityAccessPattern', reader, ({ Everything }, { pk }) =>
    on(Everything, EntityAccessPattern)
      .schema(map({ partition: string() }))
      .pattern(({ partition }: { partition: string }) => ({ index: 'byGsi', partition }) as never)
      .query({ partition: `byGsi ${pk}` })
      .send(),
  ),
  row('TableAccessPattern', reader, ({ table, Everything, Note }, { pk }) =>
    on(table, TableAccessPattern)
      .entities(Everything, Note)
      .schema(map({ partition: string() }))
      .pattern(({ partition }: { partition: string }) => ({ partition, options: { limit: 2 } }) as never)
      .query({ partition: pk })
      .send(),
  ),
  row('TableRepository.batchWrite', writer, (entities, { key }, { after }) =>
    TableRepository.executeBatchWrite(
      table(entities).batchWrite!(
        entity(entities).batchPut!({ ...key('new'), ...after }),
        entity(entities).batchDelete!(key('1')),
      ) as never,
    ),
  ),
  row('TableRepository.batchGet', reader, (entities, { key }) =>
    TableRepository.executeBatchGet(table(entities).batchGet!(entity(entities).batchGet!(key('1'))) as never),
  ),
  row('TableRepository.query', reader, (entities, { pk }) => table(entities).query!({ partition: pk })),
  row('TableRepository.scan', reader, (entities, { pk }) =>
    table(entities).scan!({ filters: { Everything: { attr: 'pk', eq: pk }, Note: { attr: 'pk', eq: pk } } }),
  ),
  row('TableRepository.deletePartition', { ...reader, readsUnseen: true }, (entities, { pk }) =>
    table(entities).deletePartition!({ partition: pk }),
  ),
  row('EntitySpy beside us', returning, async ({ Everything }, { key }, { after }) => {
    const spy = Everything.build(EntitySpy)
    try {
      const put = on(Everything, PutItemCommand).item({ ...key('1'), ...after })
      const written = await put.options({ returnValues: 'ALL_OLD' }).send()
      spy.on(GetItemCommand).resolve({ Item: { stubbed: true } } as never)
      const stubbed = await on(Everything, GetItemCommand).key(key('1')).send()
      return [written, stubbed, spy.sent(PutItemCommand).count(), spy.sent(PutItemCommand).allArgs()]
    } finally {
      spy.restore()
    }
  }),
  row('TableSpy beside us', reader, async ({ table, Everything }, { pk }) => {
    const spy = table.build(TableSpy)
    try {
      const query = on(table, QueryCommand).entities(Everything).query({ partition: pk })
      return [await query.send(), spy.sent(QueryCommand).count()]
    } finally {
      spy.restore()
    }
  }),
]
