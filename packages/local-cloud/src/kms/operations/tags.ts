import { AwsError } from '../../aws.js'
import type { RegionalKey } from '../key.js'
import { requireState } from '../keyAccess.js'
import type { Parameters } from '../parameters.js'
import { paginate } from './pagination.js'
import type { KmsOperations } from './types.js'

/** Quota of AWS KMS: tags on one key. */
const MAX_TAGS = 50

/** Tags are of one region, also those of a multi-Region key. */
export const tags: KmsOperations = {
  TagResource(call) {
    const key = call.key()
    requireState(key, ['Enabled', 'Disabled', 'Creating', 'Updating'])
    for (const [name, value] of readTags(call.parameters, key.tags.keys())) key.tags.set(name, value)
    return undefined
  },

  UntagResource(call) {
    const key = call.key()
    requireState(key, ['Enabled', 'Disabled', 'Creating', 'Updating'])
    for (const name of call.parameters.strings('TagKeys') ?? []) key.tags.delete(name)
    return undefined
  },

  ListResourceTags(call) {
    const { items, rest } = paginate(call.parameters, tagList(call.key()), 50)
    return { Tags: items, ...rest }
  },
}

/** The parameter `Tags` of TagResource, CreateKey and ReplicateKey, checked. */
export function readTags(parameters: Parameters, existing: Iterable<string> = []): [string, string][] {
  const tags = (parameters.records('Tags') ?? []).map(({ TagKey = '', TagValue = '' }): [string, string] => [
    TagKey,
    TagValue,
  ])
  for (const [name] of tags) {
    if (name === '' || name.toLowerCase().startsWith('aws:'))
      throw new AwsError('TagException', `Tag key ${JSON.stringify(name)} is not allowed.`)
  }
  if (new Set([...existing, ...tags.map(([name]) => name)]).size > MAX_TAGS)
    throw new AwsError('LimitExceededException', 'Too many tags')
  return tags
}

export function tagList(key: RegionalKey): { TagKey: string; TagValue: string }[] {
  return [...key.tags].map(([TagKey, TagValue]) => ({ TagKey, TagValue }))
}
