import { $remove, UpdateAttributesCommand, UpdateItemCommand } from 'dynamodb-toolbox'
import { on } from '../loose.js'
import { type Row, replacing, row, rowOfEach } from '../row.js'

const writer = { by: 'writer' } as const
const returning = { by: 'writer', returnsAttributes: true } as const
const once = { ...writer, inOneMode: true } as const
const MISSING = { attr: 'text', exists: false } as const
const RETURN_VALUES = ['ALL_NEW', 'ALL_OLD', 'UPDATED_NEW', 'UPDATED_OLD'] as const

/**
 * What was updated of a list is returned moved together, and dynamodb-toolbox takes that for the beginning of a tuple,
 * sealed or not. The engine returns the whole one, so that there is nothing to compare with.
 */
const isTornTuple = (name: string, returnValues: string) =>
  name.startsWith('inTuple') && returnValues.startsWith('UPDATED_')

export const updates: readonly Row[] = [
  row('UpdateItem of everything', writer, ({ Everything }, { key }, { after }) =>
    on(Everything, UpdateItemCommand)
      .item({ ...key('1'), ...replacing(after) })
      .options({ capacity: 'TOTAL', metrics: 'SIZE' })
      .send(),
  ),
  ...RETURN_VALUES.flatMap(returnValues => [
    row(`UpdateItem, returnValues ${returnValues}`, returning, ({ Everything }, { key }, { after }) =>
      on(Everything, UpdateItemCommand)
        .item({ ...key('1'), ...replacing(after) })
        .options({ returnValues })
        .send(),
    ),
    row(`UpdateAttributes, returnValues ${returnValues}`, returning, ({ Everything }, { key }, { after }) =>
      on(Everything, UpdateAttributesCommand)
        .item({ ...key('1'), ...after })
        .options({ returnValues })
        .send(),
    ),
  ]),
  row('UpdateItem that makes an item', writer, ({ Everything }, { key }, { after }) =>
    on(Everything, UpdateItemCommand)
      .item({ ...key('new'), ...replacing(after) })
      .send(),
  ),
  row('UpdateItem, returnValuesOnConditionFalse ALL_OLD', writer, ({ Everything }, { key }, { after }) =>
    on(Everything, UpdateItemCommand)
      .item({ ...key('1'), ...replacing(after) })
      .options({ condition: MISSING, returnValuesOnConditionFalse: 'ALL_OLD' })
      .send(),
  ),
  row('UpdateAttributes', writer, ({ Everything }, { key }, { after }) =>
    on(Everything, UpdateAttributesCommand)
      .item({ ...key('1'), ...after })
      .send(),
  ),
  row(
    'UpdateAttributes, returnValuesOnConditionFalse ALL_OLD',
    writer,
    ({ Everything }, { key }, { after }) =>
      on(Everything, UpdateAttributesCommand)
        .item({ ...key('1'), ...after })
        .options({ condition: MISSING, returnValuesOnConditionFalse: 'ALL_OLD' })
        .send(),
  ),
  rowOfEach('UpdateItem of one attribute', once, ({ name }, { after }) => [
    {
      name: 'replaced',
      run: ({ Everything }, { key }) =>
        on(Everything, UpdateItemCommand)
          .item({ ...key('1'), ...replacing({ [name]: after[name] }) })
          .send(),
    },
  ]),
  rowOfEach('UpdateItem of a part', writer, ({ name, parts = {} }, { mint }) =>
    Object.entries(parts).map(([what, make]) => {
      const input = make(mint)
      return {
        name: what,
        run: ({ Everything }, { key }) =>
          on(Everything, UpdateItemCommand)
            .item({ ...key('1'), [name]: input })
            .send(),
      }
    }),
  ),
  ...RETURN_VALUES.map(returnValues =>
    rowOfEach(
      `UpdateItem of a part, returnValues ${returnValues}`,
      { ...returning, inOneMode: true, returnsParts: returnValues.startsWith('UPDATED_') },
      ({ name, parts = {} }, { mint }) =>
        Object.entries(isTornTuple(name, returnValues) ? {} : parts).map(([what, make]) => {
          const input = make(mint)
          return {
            name: what,
            run: ({ Everything }, { key }) =>
              on(Everything, UpdateItemCommand)
                .item({ ...key('1'), [name]: input })
                .options({ returnValues })
                .send(),
          }
        }),
    ),
  ),
  rowOfEach('UpdateItem that removes', once, ({ name }) => [
    {
      name: '$remove',
      run: ({ Everything }, { key }) =>
        on(Everything, UpdateItemCommand)
          .item({ ...key('2'), [name]: $remove() })
          .send(),
    },
  ]),
]
