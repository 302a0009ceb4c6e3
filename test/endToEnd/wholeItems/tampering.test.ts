// An item that is sealed as a whole opens as it was sealed, or not at all.
import { openPartially } from '@dynaseal/toolbox'
import { GetItemCommand, PutItemCommand, QueryCommand } from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { key, load, PATIENT, patients, plant, stored } from './patients.js'

describe('does not open', () => {
  type Stored = Record<string, unknown>
  test.each<[string, (given: Stored) => Stored, string, string[]]>([
    ['with a clear attribute changed', given => ({ ...given, age: 45 }), 'not-authentic', ['foot']],
    ['with a clear attribute removed', ({ age, ...rest }) => rest, 'not-authentic', ['foot']],
    ['with an attribute added', given => ({ ...given, added: 'x' }), 'not-authentic', ['foot']],
    [
      'with the name of its entity changed',
      given => ({ ...given, _et: 'Doctor' }),
      'not-authentic',
      ['foot'],
    ],
    [
      'with a clear attribute changed beside an encrypted one',
      given => ({ ...given, visits: (given.visits as object[]).map(visit => ({ ...visit, day: 'friday' })) }),
      'not-authentic',
      ['foot'],
    ],
    [
      'with the elements of a list in another order',
      given => ({ ...given, visits: (given.visits as object[]).toReversed() }),
      'not-authentic',
      ['foot'],
    ],
    ['with an encrypted attribute removed', ({ note, ...rest }) => rest, 'not-authentic', ['foot']],
    [
      'with an encrypted attribute replaced',
      given => ({ ...given, note: given.scan }),
      'not-authentic',
      ['foot'],
    ],
    [
      'with an encrypted attribute in clear',
      given => ({ ...given, note: 'clear' }),
      'not-a-message',
      ['note'],
    ],
    ['without its header', ({ head, ...rest }) => rest, 'not-a-message', ['head']],
    ['without its footer', ({ foot, ...rest }) => rest, 'not-a-message', ['foot']],
    ['with a header that is none', given => ({ ...given, head: 'text' }), 'not-a-message', ['head']],
    ['with nothing but clear attributes', () => ({ ...key, age: 44 }), 'not-a-message', ['head', 'foot']],
  ])('%s', async (_how, change, code, names) => {
    await patients().Patient.build(PutItemCommand).item(PATIENT).send()
    await plant(change(await stored()))
    await expect(load()).rejects.toMatchObject({
      name: 'FieldsNotOpenedError',
      failures: expect.arrayContaining(names.map(name => expect.objectContaining({ code, path: [name] }))),
    })
  })

  test('as another item', async () => {
    const { table, Patient } = patients()
    await Patient.build(PutItemCommand).item(PATIENT).send()
    await plant({ ...(await stored()), sk: '2' })
    await expect(
      Patient.build(GetItemCommand)
        .key({ ...key, sk: '2' })
        .send(),
    ).rejects.toMatchObject({
      code: 'fields-not-opened',
    })
    const { result, unopened } = await openPartially(() =>
      table.build(QueryCommand).entities(Patient).query({ partition: 'a' }).send(),
    )
    expect(result.Items).toEqual([PATIENT])
    expect(unopened.map(one => one.key)).toEqual([{ pk: 'a', sk: '2' }])
  })
})
