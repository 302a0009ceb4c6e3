import type { SealedDocumentClient } from '@dynaseal/toolbox'
import { encrypted } from '@dynaseal/toolbox'
import {
  anyOf,
  binary,
  boolean,
  Entity,
  item,
  list,
  map,
  nul,
  number,
  record,
  set,
  string,
  tuple,
} from 'dynamodb-toolbox'
import { toolboxTable } from './toolboxTable.js'

/** An entity that has an encrypted attribute of every kind and in every place. */
export function userEntity(documentClient: SealedDocumentClient, tableName: string) {
  const Users = toolboxTable(documentClient, tableName)
  const User = new Entity({
    name: 'User',
    table: Users,
    schema: item({
      pk: string().key(),
      sk: string().key(),
      gsi: string().optional(),
      plain: string().optional(),
      text: encrypted(string()).optional(),
      amount: encrypted(number()).optional(),
      huge: encrypted(number().big()).optional(),
      flag: encrypted(boolean()).optional(),
      blob: encrypted(binary()).optional(),
      nothing: encrypted(nul()).optional(),
      tags: encrypted(set(string())).optional(),
      scores: encrypted(set(number())).optional(),
      names: encrypted(list(string())).optional(),
      pair: encrypted(tuple(string(), number())).optional(),
      lookup: encrypted(record(string(), number())).optional(),
      either: encrypted(anyOf(string(), number())).optional(),
      address: encrypted(
        map({ city: string(), zip: string().optional(), country: string().default('NO') }),
      ).optional(),
      level: encrypted(string().enum('low', 'high')).optional(),
      renamed: encrypted(string()).optional().savedAs('r'),
      secret: encrypted(string()).optional().hidden(),
      defaulted: encrypted(string()).default('defaulted secret'),
      linked: encrypted(string())
        .optional()
        .link((({ plain }: { plain?: string }) =>
          plain === undefined ? undefined : `linked to ${plain}`) as never),
      nested: map({ open: string(), shut: encrypted(string()) }).optional(),
      entries: list(map({ open: string(), shut: encrypted(string()) })).optional(),
      codes: list(encrypted(string())).optional(),
      byName: record(string(), encrypted(string())).optional(),
    }),
  })
  documentClient.register(User)
  return { Users, User }
}
