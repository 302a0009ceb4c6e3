import type { SealedDocumentClient } from '@dynaseal/toolbox'
import { encrypted } from '@dynaseal/toolbox'
import {
  Entity,
  EntityAccessPattern,
  EntityRepository,
  item,
  list,
  map,
  number,
  string,
  Table,
  TableAccessPattern,
} from 'dynamodb-toolbox'

/** One table for all: what belongs to a customer stands in the customer's partition. */
export const TABLE = {
  name: 'shop',
  partitionKey: { name: 'pk', type: 'string' },
  sortKey: { name: 'sk', type: 'string' },
  indexes: {
    byStatus: {
      type: 'global',
      partitionKey: { name: 'status', type: 'string' },
      sortKey: { name: 'placedAt', type: 'string' },
    },
  },
} as const

/** The entities of the table, and how the application reads it, through a region's client. */
export function shop(documentClient: SealedDocumentClient) {
  const Shop = new Table({ documentClient, ...TABLE })
  const address = map({ street: string(), zip: string(), city: string() })
  const pk = (customerId: string) => `CUSTOMER#${customerId}`

  const Customer = new Entity({
    name: 'Customer',
    table: Shop,
    schema: item({
      customerId: string().key(),
      plan: string().enum('basic', 'pro'),
      name: encrypted(string()),
      email: encrypted(string()),
      address: encrypted(address),
    }),
    computeKey: ({ customerId }) => ({ pk: pk(customerId), sk: 'CUSTOMER' }),
  })

  const Order = new Entity({
    name: 'Order',
    table: Shop,
    schema: item({
      customerId: string().key(),
      orderId: string().key(),
      // Keys of an index: they stay in clear, and whoever reads the table sees them.
      status: string().enum('open', 'shipped'),
      placedAt: string(),
      // In clear here, encrypted in a payment method.
      number: string(),
      shipTo: encrypted(address),
      lines: list(map({ sku: string(), quantity: number(), engraving: encrypted(string()).optional() })),
    }),
    computeKey: ({ customerId, orderId }) => ({ pk: pk(customerId), sk: `ORDER#${orderId}` }),
  })

  const PaymentMethod = new Entity({
    name: 'PaymentMethod',
    table: Shop,
    schema: item({
      customerId: string().key(),
      methodId: string().key(),
      brand: string(),
      number: encrypted(string()),
      expires: encrypted(map({ year: number(), month: number() })),
    }),
    computeKey: ({ customerId, methodId }) => ({ pk: pk(customerId), sk: `PAYMENT#${methodId}` }),
  })

  // All of them, also those that encrypt nothing: together they say what belongs where.
  documentClient.register(Customer, Order, PaymentMethod)

  return {
    customers: Customer.build(EntityRepository),
    orders: Order.build(EntityRepository),
    payments: PaymentMethod.build(EntityRepository),
    /** A customer with orders and payment methods, in one query. */
    everythingOf: Shop.build(TableAccessPattern)
      .entities(Customer, Order, PaymentMethod)
      .schema(map({ customerId: string() }))
      .pattern(({ customerId }) => ({ partition: pk(customerId) }))
      .options({ showEntityAttr: true }),
    /** The orders that wait, the oldest first, through the index. */
    openOrders: Order.build(EntityAccessPattern)
      .schema(map({ before: string() }))
      .pattern(({ before }) => ({ index: 'byStatus', partition: 'open', range: { lt: before } })),
  }
}

export type Shop = ReturnType<typeof shop>
