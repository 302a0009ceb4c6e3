import { DeletePartitionCommand, GetItemCommand, QueryCommand, ScanCommand } from 'dynamodb-toolbox'
import { on } from '../loose.js'
import { pathsOf } from '../placement.js'
import { placements } from '../placements.js'
import { type Row, row, rowOfEach } from '../row.js'

const reader = { by: 'reader' } as const
const once = { ...reader, inOneMode: true } as const
/** Everything that is encrypted, path by path; those inside one list or tuple exclude each other. */
const PATHS = placements.flatMap(placement => pathsOf(placement).slice(0, 1))

const mine = (pk: string) => ({ attr: 'pk', eq: pk })

export const gets: readonly Row[] = [
  row('GetItem', reader, ({ Everything }, { key }) => on(Everything, GetItemCommand).key(key('1')).send()),
  row('GetItem, consistent, with capacity', reader, ({ Everything }, { key }) =>
    on(Everything, GetItemCommand).key(key('1')).options({ consistent: true, capacity: 'INDEXES' }).send(),
  ),
  row('GetItem of nothing', reader, ({ Everything }, { key }) =>
    on(Everything, GetItemCommand).key(key('none')).send(),
  ),
  row('GetItem of another entity', reader, ({ Note }, { key }) =>
    on(Note, GetItemCommand).key(key('3')).send(),
  ),
  row('GetItem with attributes', reader, ({ Everything }, { key }) =>
    on(Everything, GetItemCommand)
      .key(key('1'))
      .options({ attributes: ['plain', ...PATHS] })
      .send(),
  ),
  rowOfEach('GetItem with one attribute', reader, placement =>
    [...new Set([placement.name, ...pathsOf(placement)])].map(path => ({
      name: path,
      run: ({ Everything }, { key }) =>
        on(Everything, GetItemCommand)
          .key(key('1'))
          .options({ attributes: [path] })
          .send(),
    })),
  ),
]

export const queries: readonly Row[] = [
  row('Query of several entities', reader, ({ table, Everything, Note }, { pk }) =>
    on(table, QueryCommand)
      .entities(Everything, Note)
      .query({ partition: pk })
      .options({ consistent: true, capacity: 'TOTAL', showEntityAttr: true, tagEntities: true })
      .send(),
  ),
  row('Query of one entity, in reverse', reader, ({ table, Everything }, { pk }) =>
    on(table, QueryCommand)
      .entities(Everything)
      .query({ partition: pk, range: { lte: '2' } })
      .options({ reverse: true })
      .send(),
  ),
  row('Query without entities', reader, ({ table }, { pk }) =>
    on(table, QueryCommand).query({ partition: pk }).send(),
  ),
  row('Query without the entity filter', reader, ({ table, Note, Everything }, { pk }) =>
    on(table, QueryCommand)
      .entities(Note, Everything)
      .query({ partition: pk })
      .options({ entityAttrFilter: false, noEntityMatchBehavior: 'DISCARD' })
      .send(),
  ),
  row('Query, page by page', reader, async ({ table, Everything, Note }, { pk }) => {
    const pages: unknown[] = []
    let exclusiveStartKey: unknown
    do {
      const page = await on(table, QueryCommand)
        .entities(Everything, Note)
        .query({ partition: pk })
        .options({ limit: 1, ...(exclusiveStartKey === undefined ? {} : { exclusiveStartKey }) })
        .send()
      pages.push(page)
      exclusiveStartKey = page.LastEvaluatedKey
    } while (exclusiveStartKey !== undefined)
    return pages
  }),
  row('Query of all pages', reader, ({ table, Everything, Note }, { pk }) =>
    on(table, QueryCommand)
      .entities(Everything, Note)
      .query({ partition: pk })
      .options({ limit: 1, maxPages: Number.POSITIVE_INFINITY })
      .send(),
  ),
  row('Query that counts', reader, ({ table, Everything }, { pk }) =>
    on(table, QueryCommand)
      .entities(Everything)
      .query({ partition: pk })
      .options({ select: 'COUNT', filters: { Everything: { attr: 'text', exists: true } } })
      .send(),
  ),
  row('Query with attributes', reader, ({ table, Everything }, { pk }) =>
    on(table, QueryCommand)
      .entities(Everything)
      .query({ partition: pk })
      .options({ attributes: ['plain', ...PATHS] })
      .send(),
  ),
  row('Query with filters', reader, ({ table, Everything, Note }, { pk }) =>
    on(table, QueryCommand)
      .entities(Everything, Note)
      .query({ partition: pk })
      .options({
        filters: {
          Everything: {
            and: [
              { attr: 'inMap.shut', exists: true },
              { attr: 'count', gte: 2 },
            ],
          },
          Note: {
            or: [
              { attr: 'body', exists: false },
              { attr: 'plain', beginsWith: 'pla' },
            ],
          },
        },
      })
      .send(),
  ),
  ...(['byGsi', 'byLsi', 'keysOnly'] as const).flatMap(index => [
    row(`Query of the index ${index}`, reader, ({ table, Everything, Note }, { pk }) =>
      on(table, QueryCommand)
        .entities(Everything, Note)
        .query({ index, partition: index === 'byLsi' ? pk : `${index} ${pk}` })
        .options({ capacity: 'INDEXES' })
        .send(),
    ),
    row(`Query of the index ${index} with attributes`, reader, ({ table, Everything }, { pk }) =>
      on(table, QueryCommand)
        .entities(Everything)
        .query({ index, partition: index === 'byLsi' ? pk : `${index} ${pk}` })
        .options({ attributes: ['sk', ...(index === 'keysOnly' ? [] : ['text', 'inMap.shut'])] })
        .send(),
    ),
  ]),
  rowOfEach('Query filtered by existence', once, placement =>
    pathsOf(placement).map(path => ({
      name: path,
      run: ({ table, Everything }, { pk }) =>
        on(table, QueryCommand)
          .entities(Everything)
          .query({ partition: pk })
          .options({ filters: { Everything: { attr: path, exists: true } }, attributes: ['sk', path] })
          .send(),
    })),
  ),
  row('DeletePartition', { ...reader, readsUnseen: true }, ({ table, Everything, Note }, { pk }) =>
    on(table, DeletePartitionCommand)
      .entities(Everything, Note)
      .query({ partition: pk })
      .options({ capacity: 'TOTAL' })
      .send(),
  ),
  row('DeletePartition of one entity', { ...reader, readsUnseen: true }, ({ table, Note }, { pk }) =>
    on(table, DeletePartitionCommand).entities(Note).query({ partition: pk }).send(),
  ),
]

export const scans: readonly Row[] = [
  row('Scan of several entities', reader, ({ table, Everything, Note }, { pk }) =>
    on(table, ScanCommand)
      .entities(Everything, Note)
      .options({
        filters: { Everything: mine(pk), Note: mine(pk) },
        consistent: true,
        showEntityAttr: true,
        capacity: 'TOTAL',
      })
      .send(),
  ),
  row('Scan without entities', reader, ({ table }, { pk }) =>
    on(table, ScanCommand)
      .options({ filter: mine(pk) })
      .send(),
  ),
  row('Scan, page by page', reader, async ({ table, Everything, Note }, { pk }) => {
    const pages: unknown[] = []
    let exclusiveStartKey: unknown
    do {
      const page = await on(table, ScanCommand)
        .entities(Everything, Note)
        .options({
          filters: { Everything: mine(pk), Note: mine(pk) },
          limit: 2,
          ...(exclusiveStartKey === undefined ? {} : { exclusiveStartKey }),
        })
        .send()
      pages.push(page)
      exclusiveStartKey = page.LastEvaluatedKey
    } while (exclusiveStartKey !== undefined)
    return pages
  }),
  row('Scan in segments', reader, ({ table, Everything }, { pk }) =>
    Promise.all(
      [0, 1].map(segment =>
        on(table, ScanCommand)
          .entities(Everything)
          .options({ segment, totalSegments: 2, filters: { Everything: mine(pk) } })
          .send(),
      ),
    ),
  ),
  row('Scan with attributes', reader, ({ table, Everything }, { pk }) =>
    on(table, ScanCommand)
      .entities(Everything)
      .options({ attributes: ['plain', ...PATHS], filters: { Everything: mine(pk) } })
      .send(),
  ),
  ...(['byGsi', 'byLsi', 'keysOnly'] as const).map(index =>
    row(`Scan of the index ${index}`, reader, ({ table, Everything, Note }, { pk }) =>
      on(table, ScanCommand)
        .entities(Everything, Note)
        .options({ index, filters: { Everything: mine(pk), Note: mine(pk) } })
        .send(),
    ),
  ),
  rowOfEach('Scan filtered by existence', once, placement =>
    pathsOf(placement).map(path => ({
      name: path,
      run: ({ table, Everything }, { pk }) =>
        on(table, ScanCommand)
          .entities(Everything)
          .options({ filters: { Everything: { and: [mine(pk), { attr: path, exists: false }] } } })
          .send(),
    })),
  ),
]
