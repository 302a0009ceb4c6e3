import { randomUUID } from 'node:crypto'
import { ACCOUNT } from '../aws.js'

/** 36 characters, as a UUID has. A multi-Region key's id is the same in every region. */
export const MULTI_REGION_ID = /^mrk-[0-9a-f]{32}$/
export const SINGLE_REGION_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export function newKeyId(multiRegion: boolean): string {
  const id = randomUUID()
  return multiRegion ? `mrk-${id.replaceAll('-', '')}` : id
}

export function keyArn(region: string, keyId: string): string {
  return `arn:aws:kms:${region}:${ACCOUNT}:key/${keyId}`
}

export function aliasArn(region: string, aliasName: string): string {
  return `arn:aws:kms:${region}:${ACCOUNT}:${aliasName}`
}
