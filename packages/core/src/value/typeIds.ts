/**
 * Type ids of the AWS Database Encryption SDK's attribute serialization
 * (aws-database-encryption-sdk-dynamodb, ddb-attribute-serialization.md, "Type ID").
 */
export const TypeId = {
  NULL: 0x0000,
  S: 0x0001,
  N: 0x0002,
  BOOL: 0x0004,
  SS: 0x0101,
  NS: 0x0102,
  BS: 0x01ff,
  M: 0x0200,
  L: 0x0300,
  B: 0xffff,
} as const
