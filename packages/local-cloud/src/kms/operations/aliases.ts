import { AwsError } from '../../aws.js'
import { kmsErrors } from '../errors.js'
import { requireState } from '../keyAccess.js'
import { aliasArn } from '../keyIds.js'
import { paginate } from './pagination.js'
import type { KmsCall, KmsOperations } from './types.js'

/** Aliases are of one region, also those of a multi-Region key. */
export const aliases: KmsOperations = {
  CreateAlias(call) {
    const name = aliasName(call)
    const target = call.key('TargetKeyId')
    requireState(target, ['Enabled', 'Disabled'])
    const existing = call.store.aliases(call.region)
    if (existing.has(name))
      throw new AwsError(
        'AlreadyExistsException',
        `An alias with the name ${aliasArn(call.region, name)} already exists`,
      )
    const now = call.store.seconds(call.region)
    existing.set(name, { name, targetKeyId: target.shared.id, createdAt: now, updatedAt: now })
    return undefined
  },

  UpdateAlias(call) {
    const alias = call.store.alias(call.region, aliasName(call))
    const target = call.key('TargetKeyId')
    requireState(target, ['Enabled', 'Disabled'])
    alias.targetKeyId = target.shared.id
    alias.updatedAt = call.store.seconds(call.region)
    return undefined
  },

  DeleteAlias(call) {
    const alias = call.store.alias(call.region, aliasName(call))
    call.store.aliases(call.region).delete(alias.name)
    return undefined
  },

  ListAliases(call) {
    const keyId = call.parameters.has('KeyId') ? call.key().shared.id : undefined
    const matching = [...call.store.aliases(call.region).values()].filter(
      alias => keyId === undefined || alias.targetKeyId === keyId,
    )
    const { items, rest } = paginate(call.parameters, matching, 50)
    const Aliases = items.map(alias => ({
      AliasArn: aliasArn(call.region, alias.name),
      AliasName: alias.name,
      CreationDate: alias.createdAt,
      LastUpdatedDate: alias.updatedAt,
      TargetKeyId: alias.targetKeyId,
    }))
    return { Aliases, ...rest }
  },
}

function aliasName({ parameters }: KmsCall): string {
  const name = parameters.string('AliasName')
  if (!name.startsWith('alias/'))
    throw kmsErrors.validation(
      'Alias must start with the prefix "alias/". Please see ' +
        'https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    )
  if (!/^alias\/[a-zA-Z0-9/_-]+$/.test(name))
    throw kmsErrors.constraint(
      'aliasName',
      `'${name}'`,
      'Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$',
    )
  if (name.startsWith('alias/aws/'))
    throw new AwsError('NotAuthorizedException', 'Aliases that begin with alias/aws/ are reserved for AWS.')
  return name
}
