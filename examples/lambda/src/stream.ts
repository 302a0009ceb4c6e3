import { arrivals, type OpenedRecord } from '@dynaseal/toolbox/arriving'
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda'
import { type FormattedItem, PutItemCommand } from 'dynamodb-toolbox'
import { sealedClient } from './clients.js'
import { customers } from './customer.js'
import { letters } from './letter.js'

const documentClient = sealedClient([arrivals])
const Customer = customers(documentClient)
const Letter = letters(documentClient)

/**
 * The stream of the customers' table: who has a new address gets a letter there.
 *
 * Lambda sends again from the first record that failed, so nothing behind it is done. What is done twice is the same letter.
 */
export async function handler({ Records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  for (const { record, error, sequenceNumber } of await documentClient.openStreamRecords(Customer, Records)) {
    try {
      if (error !== undefined) throw error
      if (record !== undefined) await writeLetter(record, sequenceNumber)
    } catch (failure) {
      // It names tables, attributes and reasons, and no value.
      console.error(failure)
      return { batchItemFailures: [{ itemIdentifier: sequenceNumber }] }
    }
  }
  return { batchItemFailures: [] }
}

async function writeLetter(
  { newImage, oldImage }: OpenedRecord<FormattedItem<typeof Customer>>,
  sequenceNumber: string,
): Promise<void> {
  const address = newImage?.address
  if (newImage === undefined || address === undefined || isSame(address, oldImage?.address)) return
  // Ciphertext belongs to its item: what goes to another table is sealed anew for it.
  await Letter.build(PutItemCommand)
    .item({ id: `${newImage.id}#${sequenceNumber}`, to: { name: newImage.name, ...address } })
    .send()
}

type Address = NonNullable<FormattedItem<typeof Customer>['address']>

function isSame(one: Address, other: Address | undefined): boolean {
  return one.street === other?.street && one.zip === other.zip && one.city === other.city
}
