// Beacons of entities: stored, found, hidden.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { transforms } from '@dynaseal/db-esdk'
import { search } from '@dynaseal/document-client'
import { encrypted, sealDocumentClient, token } from '@dynaseal/toolbox'
import {
  Entity,
  GetItemCommand,
  item,
  number,
  PutItemCommand,
  ScanCommand,
  set,
  string,
  Table,
} from 'dynamodb-toolbox'
import { expect, test } from 'vitest'
import { leaks } from '../../support/recordingProxy.js'
import { EAST } from '../../support/world.js'
import { clinic, DIAGNOSIS, EMAIL, SECRETS, TABLE, TAG } from './clinic.js'

const own = clinic()

const patients = () => {
  const documentClient = sealDocumentClient(
    DynamoDBDocumentClient.from(new DynamoDBClient(own.world.config(EAST))),
    own.optionsIn(EAST),
  )
  const table = new Table({
    documentClient,
    name: TABLE,
    partitionKey: { name: 'id', type: 'string' },
  })
  const Patient = new Entity({
    name: 'Patient',
    table,
    timestamps: false,
    schema: item({
      id: string().key(),
      at: number().default(0),
      email: encrypted(string()).optional(),
      emailBeacon: token('email', { bits: 40, savedAs: 'aws_dbe_b_email' }),
      tags: encrypted(set(string())).optional(),
      tagsBeacon: token('tags', { bits: 24, savedAs: 'aws_dbe_b_tags' }),
      diagnosis: encrypted(string()).optional(),
      aws_dbe_b_diagnosis: token('diagnosis', { bits: 63, normalize: transforms.lower }),
    }),
  })
  documentClient.register(Patient)
  return { Patient, table }
}
const ADA = { id: 'ada', at: 1, email: EMAIL, tags: new Set([TAG, 'b']), diagnosis: 'Secret Diagnosis' }

test('a put stores beacons as the SDK computes them, unsigned, and nobody sees them', async () => {
  const { Patient } = patients()
  await Patient.build(PutItemCommand).item(ADA).send()
  const raw = await own.stored('ada')
  expect(raw).toMatchObject({
    aws_dbe_b_email: own.beacon('email', EMAIL, 40),
    aws_dbe_b_tags: new Set([own.beacon('tags', TAG, 24), own.beacon('tags', 'b', 24)]),
    aws_dbe_b_diagnosis: own.beacon('diagnosis', DIAGNOSIS, 63),
  })
  const { Item } = await Patient.build(GetItemCommand).key({ id: 'ada' }).options({ consistent: true }).send()
  expect(Item).toEqual(ADA)
  expect(leaks(own.world.proxy.sent, SECRETS)).toEqual([])
  // Whoever can write the table can take them away, and the item opens: the format does not sign them.
  const { aws_dbe_b_email: _, ...without } = raw
  await own.plant(without)
  expect(
    (await Patient.build(GetItemCommand).key({ id: 'ada' }).options({ consistent: true }).send()).Item,
  ).toEqual(ADA)
})

test('where a value is absent there is no beacon', async () => {
  const { Patient } = patients()
  await Patient.build(PutItemCommand).item({ id: 'bob' }).send()
  expect(Object.keys(await own.stored('bob')).filter(name => name.startsWith('aws_dbe_b_'))).toEqual([])
})

test('filters find members, one of several, and other spellings of a virtual field', async () => {
  const { Patient, table } = patients()
  await Patient.build(PutItemCommand).item(ADA).send()
  await Patient.build(PutItemCommand).item({ id: 'bob', at: 2, email: 'bob' }).send()
  for (const filter of [
    { attr: 'tagsBeacon', contains: search(TAG) },
    { attr: 'emailBeacon', in: [search(EMAIL), search('nobody')] },
    { attr: 'aws_dbe_b_diagnosis', eq: search(DIAGNOSIS.toUpperCase()) },
  ] as const) {
    const { Items } = await table
      .build(ScanCommand)
      .entities(Patient)
      .options({ filters: { Patient: filter } as never })
      .send()
    expect(Items).toEqual([ADA])
  }
  expect(leaks(own.world.proxy.sent, SECRETS)).toEqual([])
})

test('the key store and KMS are asked once for the beacon key, however many items are written', async () => {
  const { Patient } = patients()
  await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      Patient.build(PutItemCommand)
        .item({ id: `p${n}`, email: `${n}@example.com` })
        .send(),
    ),
  )
  // The branch key is the other.
  expect(own.world.kmsCalls()).toEqual([`Decrypt ${EAST}`, `Decrypt ${EAST}`])
})
