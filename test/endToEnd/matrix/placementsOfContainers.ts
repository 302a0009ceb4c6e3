import {
  $append,
  $prepend,
  any,
  anyOf,
  binary,
  boolean,
  jsonStringify,
  list,
  map,
  nul,
  number,
  record,
  set,
  string,
  tuple,
} from 'dynamodb-toolbox'
import type { Mint } from '../../support/scanner/sentinels.js'
import type { Placement } from './placement.js'

const reached = { 'reach inside without $set': (mint: Mint) => ({ a: mint.text() }) }

/** Containers that become one ciphertext. */
export const containers: readonly Placement[] = [
  {
    name: 'list',
    schema: seal => seal(list(string())).optional(),
    value: mint => [mint.text(), mint.text()],
    container: true,
    refused: {
      append: mint => $append([mint.text()]),
      prepend: mint => $prepend([mint.text()]),
      'a position': mint => ({ 1: mint.text() }),
      'replace without $set': mint => [mint.text()],
    },
    insides: ['list[0]'],
  },
  {
    name: 'emptyList',
    schema: seal => seal(list(string())).optional(),
    value: () => [],
    container: true,
    unrecognizable: true,
  },
  {
    name: 'listOfMaps',
    schema: seal => seal(list(map({ a: string(), n: number().optional() }))).optional(),
    value: mint => [{ a: mint.text(), n: mint.integer() }, { a: mint.text() }],
    container: true,
  },
  {
    name: 'tuple',
    schema: seal => seal(tuple(string(), number(), boolean())).optional(),
    value: mint => [mint.text(), mint.decimal(), mint.flag()],
    container: true,
    refused: { 'replace without $set': mint => [mint.text(), mint.decimal(), true] },
  },
  {
    name: 'map',
    schema: seal =>
      seal(
        map({
          a: string(),
          renamed: string().savedAs('rn'),
          absent: string().optional(),
          hidden: binary().hidden(),
          transformed: any().transform(jsonStringify()),
          deep: map({ list: list(set(number())), nothing: nul(), empty: string() }),
        }),
      ).optional(),
    value: mint => ({
      a: mint.text(),
      renamed: mint.text(),
      hidden: mint.bytes(),
      transformed: { a: mint.integer() },
      deep: { list: [new Set([mint.integer()])], nothing: null, empty: '' },
    }),
    container: true,
    refused: reached,
    insides: ['map.a', 'map.deep.list[0]'],
  },
  {
    name: 'emptyMap',
    schema: seal => seal(map({ a: string().optional() })).optional(),
    value: () => ({}),
    container: true,
    unrecognizable: true,
  },
  {
    name: 'record',
    schema: seal => seal(record(string(), number())).optional(),
    value: mint => ({ [mint.key()]: mint.integer(), [mint.key()]: mint.decimal() }),
    container: true,
    refused: { 'a key': mint => ({ [mint.key()]: mint.integer() }) },
    insides: ['record.someKey'],
  },
  {
    name: 'either',
    schema: seal => seal(anyOf(string(), number(), list(string()))).optional(),
    value: mint => (mint.flag() ? mint.text() : mint.integer()),
  },
  {
    name: 'kinds',
    schema: seal =>
      seal(
        anyOf(
          map({ kind: string().const('a'), text: string() }),
          map({ kind: string().const('b'), amount: number() }),
        ).discriminate('kind'),
      ).optional(),
    value: mint => (mint.flag() ? { kind: 'a', text: mint.text() } : { kind: 'b', amount: mint.integer() }),
    container: true,
    refused: { 'replace without $set': mint => ({ kind: 'a', text: mint.text() }) },
  },
  {
    name: 'renamedMap',
    schema: seal =>
      seal(map({ a: string() }))
        .savedAs('rm')
        .optional(),
    value: mint => ({ a: mint.text() }),
    container: true,
  },
]
