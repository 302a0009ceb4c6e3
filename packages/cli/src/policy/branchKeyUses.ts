import { beaconParts, keyringParts } from '@dynaseal/core/parts'
import type { ClientOfRegion } from '../config/project.js'
import { CliError } from '../errors.js'
import type { UsedKey } from '../keys/keyrings.js'
import { hasContext } from './document.js'
import type { KeyUse } from './keyUses.js'

type BranchKeys = Extract<UsedKey['key'], { kind: 'branch-keys' }>
type Pairs = Readonly<Record<string, string>>

/** @param context where all of it is known, which may name the branch key */
export function ofBranchKey(key: BranchKeys, context: Pairs | undefined): KeyUse {
  const { branchKeyId } = key
  return openingOf(key, typeof branchKeyId === 'function' ? context && branchKeyId(context) : branchKeyId)
}

/** What begins the name of the pair with the value of an attribute. */
const ATTRIBUTE_PAIR = 'aws-crypto-attr.'

/**
 * The beacon key of a branch key is a row of its own beside its versions.
 *
 * @param given pairs of one tenant
 */
export function usesOfBeacons({ parts }: ClientOfRegion, given: Pairs): KeyUse[] {
  const beacons = beaconParts(parts.search)
  if (beacons === undefined) return []
  const key = keyringParts(beacons.beaconKeys)
  if (key?.kind !== 'branch-keys')
    throw new CliError(
      'unsupported',
      'What has the beacon keys of the configuration does not tell where they are. A BranchKeyring of @dynaseal/branch-keyring does.',
    )
  const { branchKeyId, keyFieldName } = beacons
  const id = branchKeyId ?? given[ATTRIBUTE_PAIR + keyFieldName]
  const uses = openingOf(key, id)
  const condition = hasContext({ ...pairsOf(key, id), type: 'beacon:ACTIVE' })
  // The rows of a branch key are made together.
  return [{ ...uses, what: 'open beacon keys', condition, ofKeyPolicy: uses.condition }]
}

/** @param id undefined for all branch keys of the key store */
function openingOf(key: BranchKeys, id: string | undefined): KeyUse {
  return { key, what: 'open branch keys', action: 'kms:Decrypt', condition: hasContext(pairsOf(key, id)) }
}

function pairsOf({ keyStore }: BranchKeys, id: string | undefined): Pairs {
  return { tablename: keyStore.logicalName, ...(id === undefined ? {} : { 'branch-key-id': id }) }
}
