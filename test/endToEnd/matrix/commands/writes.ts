import { DeleteItemCommand, PutItemCommand } from 'dynamodb-toolbox'
import { on } from '../loose.js'
import { type Row, row } from '../row.js'

const writer = { by: 'writer' } as const
const returning = { by: 'writer', returnsAttributes: true } as const
const MISSING = { attr: 'text', exists: false } as const
const PRESENT = { attr: 'text', exists: true } as const

export const writes: readonly Row[] = [
  row('PutItem of a new item', writer, ({ Everything }, { key }, { after }) =>
    on(Everything, PutItemCommand)
      .item({ ...key('new'), ...after })
      .send(),
  ),
  row('PutItem over an item', writer, ({ Everything }, { key }, { after }) =>
    on(Everything, PutItemCommand)
      .item({ ...key('1'), ...after })
      .options({ returnValues: 'NONE', capacity: 'INDEXES', metrics: 'SIZE' })
      .send(),
  ),
  row('PutItem, returnValues ALL_OLD', returning, ({ Everything }, { key }, { after }) =>
    on(Everything, PutItemCommand)
      .item({ ...key('1'), ...after })
      .options({ returnValues: 'ALL_OLD', capacity: 'TOTAL' })
      .send(),
  ),
  row('PutItem with a condition that holds', writer, ({ Everything }, { key }, { after }) =>
    on(Everything, PutItemCommand)
      .item({ ...key('1'), ...after })
      .options({ condition: { and: [PRESENT, { attr: 'count', eq: 1 }] } })
      .send(),
  ),
  row('PutItem with a condition that fails', writer, ({ Everything }, { key }, { after }) =>
    on(Everything, PutItemCommand)
      .item({ ...key('1'), ...after })
      .options({ condition: MISSING })
      .send(),
  ),
  row('PutItem, returnValuesOnConditionFalse ALL_OLD', writer, ({ Everything }, { key }, { after }) =>
    on(Everything, PutItemCommand)
      .item({ ...key('1'), ...after })
      .options({ condition: MISSING, returnValuesOnConditionFalse: 'ALL_OLD' })
      .send(),
  ),
  row('PutItem of another entity', writer, ({ Note }, { key }, { note }) =>
    on(Note, PutItemCommand)
      .item({ ...key('note'), ...note })
      .send(),
  ),
  row('DeleteItem', writer, ({ Everything }, { key }) =>
    on(Everything, DeleteItemCommand).key(key('1')).send(),
  ),
  row('DeleteItem, returnValues ALL_OLD', returning, ({ Everything }, { key }) =>
    on(Everything, DeleteItemCommand)
      .key(key('1'))
      .options({ returnValues: 'ALL_OLD', condition: PRESENT })
      .send(),
  ),
  row('DeleteItem of nothing, returnValues ALL_OLD', returning, ({ Everything }, { key }) =>
    on(Everything, DeleteItemCommand).key(key('none')).options({ returnValues: 'ALL_OLD' }).send(),
  ),
  row('DeleteItem, returnValuesOnConditionFalse ALL_OLD', writer, ({ Everything }, { key }) =>
    on(Everything, DeleteItemCommand)
      .key(key('1'))
      .options({ condition: MISSING, returnValuesOnConditionFalse: 'ALL_OLD' })
      .send(),
  ),
]
