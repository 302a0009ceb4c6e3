import {
  $add,
  $append,
  $get,
  $prepend,
  $remove,
  $set,
  anyOf,
  binary,
  list,
  map,
  nul,
  number,
  record,
  set,
  string,
  tuple,
} from 'dynamodb-toolbox'
import type { Placement } from './placement.js'

/** Encrypted parts of containers that are themselves in clear. */
export const parts: readonly Placement[] = [
  {
    name: 'inMap',
    schema: seal =>
      map({
        open: string(),
        shut: seal(string()),
        renamed: seal(number()).savedAs('rn').optional(),
        hidden: seal(string()).hidden().optional(),
        defaulted: seal(string()).optional().default('tide'),
        set: seal(set(string())).optional(),
      }).optional(),
    value: mint => ({
      open: 'clear',
      shut: mint.text(),
      renamed: mint.integer(),
      hidden: mint.text(),
      set: new Set([mint.text()]),
    }),
    container: true,
    parts: {
      'set a leaf': mint => ({ shut: mint.text() }),
      'set a renamed leaf': mint => ({ renamed: mint.integer() }),
      'set a leaf in clear': () => ({ open: 'clear too' }),
      'remove a leaf': () => ({ hidden: $remove() }),
    },
    refused: {
      'add to a number': mint => ({ renamed: $add(mint.integer()) }),
      'add to a set': mint => ({ set: $add(new Set([mint.text()])) }),
      'copy a leaf': () => ({ shut: $get('text') }),
      'copy a leaf into clear': () => ({ open: $get('inMap.shut') }),
    },
    paths: ['inMap.shut', 'inMap.renamed', 'inMap.set'],
  },
  {
    name: 'inMapDeep',
    schema: seal =>
      map({
        a: map({ b: list(map({ c: record(string(), map({ shut: seal(list(number())) })) })) }),
      }).optional(),
    value: mint => ({
      a: { b: [{ c: { one: { shut: [mint.integer()] }, two: { shut: [] } } }, { c: {} }] },
    }),
    container: true,
    parts: {
      'replace a list far down': mint => ({
        a: { b: { 0: { c: { two: { shut: $set([mint.integer(), mint.decimal()]) } } } } },
      }),
      'append an element': mint => ({
        a: { b: $append([{ c: { one: { shut: [mint.integer()] } } }]) },
      }),
    },
    paths: ['inMapDeep.a.b[0].c.one.shut'],
  },
  {
    name: 'inList',
    schema: seal => list(seal(string())).optional(),
    value: mint => [mint.text(), mint.text(), mint.text()],
    container: true,
    parts: {
      'set a position': mint => ({ 1: mint.text() }),
      'set positions': mint => ({ 0: mint.text(), 2: mint.text() }),
      append: mint => $append([mint.text(), mint.text()]),
      prepend: mint => $prepend([mint.text()]),
      'copy a position': () => ({ 0: $get('inList[2]') }),
      'remove a position': () => ({ 1: $remove() }),
    },
    refused: {
      'copy from another list': () => ({ 0: $get('list[0]') }),
      'append another list': () => $append($get('list') as never),
    },
    paths: ['inList[0]', 'inList[1]'],
  },
  {
    name: 'inListOfMaps',
    schema: seal => list(map({ open: string(), shut: seal(string()) })).optional(),
    value: mint => [
      { open: 'clear', shut: mint.text() },
      { open: 'clear', shut: mint.text() },
    ],
    container: true,
    parts: {
      'set a leaf of an element': mint => ({ 1: { shut: mint.text() } }),
      append: mint => $append([{ open: 'clear', shut: mint.text() }]),
      'remove an element': () => ({ 0: $remove() }),
    },
    paths: ['inListOfMaps[0].shut', 'inListOfMaps[1].shut'],
  },
  {
    name: 'inListOfLists',
    schema: seal => list(list(seal(number()))).optional(),
    value: mint => [[mint.integer()], [mint.integer(), mint.decimal()]],
    container: true,
    parts: { 'append to an element': mint => ({ 0: $append([mint.integer()]) }) },
    paths: ['inListOfLists[1][0]'],
  },
  {
    name: 'inRecord',
    schema: seal => record(string(), seal(string())).optional(),
    value: mint => ({ one: mint.text(), two: mint.text(), 'a.b': mint.text() }),
    container: true,
    parts: {
      'add a key': mint => ({ three: mint.text() }),
      'set a key': mint => ({ one: mint.text(), 'a.b': mint.text() }),
      'remove a key': () => ({ two: $remove() }),
    },
    paths: ['inRecord.one', "inRecord['a.b']"],
  },
  {
    name: 'inTuple',
    schema: seal => tuple(string(), seal(string()), seal(number())).optional(),
    value: mint => ['clear', mint.text(), mint.integer()],
    container: true,
    parts: {
      'set an element': mint => ({ 1: mint.text() }),
      'set the last element': mint => ({ 2: mint.integer() }),
    },
    paths: ['inTuple[1]', 'inTuple[2]'],
  },
  {
    name: 'inTupleFirst',
    schema: seal => tuple(seal(string()), string()).optional(),
    value: mint => [mint.text(), 'clear'],
    container: true,
    parts: { 'set the element in clear': () => ({ 1: 'clear too' }) },
    paths: ['inTupleFirst[0]'],
  },
  {
    name: 'inAnyOf',
    schema: seal =>
      anyOf(
        map({ kind: string().const('a'), shut: seal(string()) }),
        map({ kind: string().const('b'), open: string() }),
      )
        .discriminate('kind')
        .optional(),
    value: mint => ({ kind: 'a', shut: mint.text() }),
    container: true,
    paths: ['inAnyOf.shut'],
  },
  {
    name: 'eachOfAnyOf',
    schema: seal => anyOf(seal(number()), seal(string())).optional(),
    value: mint => (mint.flag() ? mint.text() : mint.integer()),
    paths: ['eachOfAnyOf'],
  },
  {
    name: 'nullable',
    schema: seal => anyOf(nul(), map({ shut: seal(binary()) })).optional(),
    value: mint => ({ shut: mint.bytes() }),
    container: true,
    paths: ['nullable.shut'],
  },
  {
    name: 'containerInMap',
    schema: seal =>
      map({
        open: number(),
        map: seal(map({ a: string(), absent: string().optional() })).savedAs('m'),
        list: seal(list(string())),
        tuple: seal(tuple(string(), number())),
      }).optional(),
    value: mint => ({
      open: 1,
      map: { a: mint.text() },
      list: [mint.text()],
      tuple: [mint.text(), mint.integer()],
    }),
    container: true,
    parts: { 'replace an encrypted map': mint => ({ map: $set({ a: mint.text() }) }) },
    refused: { 'reach inside an encrypted map': mint => ({ map: { a: mint.text() } }) },
    paths: ['containerInMap.map', 'containerInMap.list', 'containerInMap.tuple'],
    insides: ['containerInMap.map.a'],
  },
  {
    name: 'containerInList',
    schema: seal => list(seal(map({ a: string() }))).optional(),
    value: mint => [{ a: mint.text() }, { a: mint.text() }],
    container: true,
    parts: { append: mint => $append([{ a: mint.text() }]) },
    paths: ['containerInList[1]'],
  },
  {
    name: 'renamedParent',
    schema: seal =>
      map({ shut: seal(string()).savedAs('s') })
        .savedAs('rp')
        .optional(),
    value: mint => ({ shut: mint.text() }),
    container: true,
    parts: { 'set a leaf': mint => ({ shut: mint.text() }) },
    paths: ['renamedParent.shut'],
  },
]
