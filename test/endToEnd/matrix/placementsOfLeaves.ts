import {
  $add,
  $delete,
  $get,
  $subtract,
  $sum,
  any,
  binary,
  boolean,
  jsonStringify,
  nul,
  number,
  prefix,
  set,
  string,
} from 'dynamodb-toolbox'
import { Mint, TEXT_END, TEXT_MARK } from '../../support/scanner/sentinels.js'
import type { Placement } from './placement.js'

const CHOICES = [`${TEXT_MARK}low`, `${TEXT_MARK}high${TEXT_END}`] as const
const numbersRefused = (amount: (mint: Mint) => number | bigint) => ({
  add: (mint: Mint) => $add(amount(mint) as number),
  sum: (mint: Mint) => $sum(amount(mint) as number, 1),
  subtract: (mint: Mint) => $subtract($get('count') as never, amount(mint) as number),
})
const setsRefused = (elements: (mint: Mint) => unknown[]) => ({
  add: (mint: Mint) => $add(new Set(elements(mint)) as never),
  delete: (mint: Mint) => $delete(new Set(elements(mint)) as never),
})

/** Values that have no parts, and sets, each as a whole top-level attribute. */
export const leaves: readonly Placement[] = [
  {
    name: 'text',
    schema: seal => seal(string()).optional(),
    value: mint => mint.text(),
    parts: { 'set unless it is there': mint => $get('text', mint.text()) },
    refused: {
      'copy from an attribute in clear': () => $get('plain'),
      'copy from another encrypted attribute': () => $get('secondText'),
      'copy with a fallback': mint => $get('plain', mint.text()),
    },
    insides: ['text.part'],
  },
  { name: 'secondText', schema: seal => seal(string()).optional(), value: mint => mint.text() },
  {
    name: 'emptyText',
    schema: seal => seal(string()).optional(),
    value: () => '',
    unrecognizable: true,
  },
  {
    name: 'integer',
    schema: seal => seal(number()).optional(),
    value: mint => mint.integer(),
    refused: numbersRefused(mint => mint.integer()),
  },
  { name: 'decimal', schema: seal => seal(number()).optional(), value: mint => mint.decimal() },
  {
    name: 'smallNumber',
    schema: seal => seal(number()).optional(),
    value: mint => mint.integer() / 1e60,
  },
  {
    name: 'big',
    schema: seal => seal(number().big()).optional(),
    value: mint => mint.big(),
    refused: numbersRefused(mint => mint.big()),
  },
  {
    name: 'zero',
    schema: seal => seal(number()).optional(),
    value: mint => (mint.flag() ? 0 : -0),
    unrecognizable: true,
  },
  {
    name: 'flag',
    schema: seal => seal(boolean()).optional(),
    value: mint => mint.flag(),
    unrecognizable: true,
  },
  { name: 'bytes', schema: seal => seal(binary()).optional(), value: mint => mint.bytes() },
  {
    name: 'emptyBytes',
    schema: seal => seal(binary()).optional(),
    value: () => new Uint8Array(),
    unrecognizable: true,
  },
  { name: 'nothing', schema: seal => seal(nul()).optional(), value: () => null, unrecognizable: true },
  {
    name: 'anything',
    schema: seal => seal(any()).optional(),
    value: mint => ({
      [mint.key()]: [mint.text(), { inner: [null, true, mint.integer(), ''], bytes: mint.bytes() }],
      set: new Set([mint.text(), mint.text()]),
    }),
    container: true,
    refused: { 'replace without $set': mint => ({ a: mint.text() }) },
    insides: ['anything.set'],
  },
  { name: 'anyNull', schema: seal => seal(any()).optional(), value: () => null, unrecognizable: true },
  { name: 'anyText', schema: seal => seal(any()).optional(), value: mint => mint.text() },
  {
    name: 'choice',
    schema: seal => seal(string().enum(...CHOICES)).optional(),
    value: mint => CHOICES[mint.flag() ? 1 : 0],
  },
  {
    name: 'validated',
    schema: seal => seal(string().validate(text => text.startsWith(TEXT_MARK))).optional(),
    value: mint => mint.text(),
  },
  {
    name: 'transformed',
    schema: seal => seal(string().transform(prefix('secret', { delimiter: ':' }))).optional(),
    value: mint => mint.text(),
  },
  {
    // dynamodb-toolbox transforms the $set of an any() as if it were the value, and stores {}.
    notUpdated: true,
    name: 'stringified',
    schema: seal => seal(any().transform(jsonStringify())).optional(),
    value: mint => ({ a: [mint.text(), mint.integer()] }),
    container: true,
  },
  {
    name: 'texts',
    schema: seal => seal(set(string())).optional(),
    value: mint => new Set([mint.text(), mint.text(), mint.text()]),
    refused: setsRefused(mint => [mint.text()]),
  },
  {
    name: 'numbers',
    schema: seal => seal(set(number())).optional(),
    value: mint => new Set([mint.integer(), mint.decimal()]),
    refused: setsRefused(mint => [mint.integer()]),
  },
  {
    name: 'bigs',
    schema: seal => seal(set(number().big())).optional(),
    value: mint => new Set([mint.big(), mint.big()]),
  },
  {
    name: 'blobs',
    schema: seal => seal(set(binary())).optional(),
    value: mint => new Set([mint.bytes(), mint.bytes()]),
    refused: setsRefused(mint => [mint.bytes()]),
  },
]

const filled = new Mint()
const [byDefault, byFunction, onPut, onUpdate] = [
  filled.text(),
  filled.integer(),
  filled.bytes(),
  filled.text(),
]

/** The props that say how an attribute stands in its item. */
export const props: readonly Placement[] = [
  {
    name: 'renamed',
    schema: seal => seal(string()).optional().savedAs('r'),
    value: mint => mint.text(),
  },
  {
    name: 'renamedBefore',
    schema: seal => seal(string().savedAs('rb').optional()),
    value: mint => mint.text(),
  },
  { name: 'secret', schema: seal => seal(string()).optional().hidden(), value: mint => mint.text() },
  { name: 'absent', schema: seal => seal(string()).optional(), value: () => undefined },
  {
    name: 'defaulted',
    schema: seal => seal(string()).optional().default(byDefault),
    value: () => undefined,
  },
  {
    name: 'computed',
    schema: seal =>
      seal(number())
        .optional()
        .default(() => byFunction),
    value: () => undefined,
  },
  {
    name: 'putDefaulted',
    schema: seal => seal(binary()).optional().putDefault(onPut),
    value: () => undefined,
  },
  {
    name: 'updateDefaulted',
    schema: seal => seal(string()).optional().updateDefault(onUpdate),
    value: () => undefined,
  },
  {
    name: 'linked',
    schema: seal =>
      seal(string())
        .optional()
        .putLink((({ text }: { text?: string }) => text && `linked ${text}`) as never),
    value: () => undefined,
  },
  {
    name: 'updateLinked',
    schema: seal =>
      seal(string())
        .optional()
        .updateLink((({ secondText }: { secondText?: unknown }) =>
          typeof secondText === 'string' ? `linked ${secondText}` : undefined) as never),
    value: () => undefined,
  },
]
