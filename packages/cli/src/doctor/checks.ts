import { aliasElsewhere } from './checks/aliasElsewhere.js'
import { aliasMissing } from './checks/aliasMissing.js'
import { beaconKeyLocked } from './checks/beaconKeyLocked.js'
import { clockSkew } from './checks/clockSkew.js'
import { contextDiffers } from './checks/contextDiffers.js'
import { contextUnknown } from './checks/contextUnknown.js'
import { credentials } from './checks/credentials.js'
import { decryptNotTried } from './checks/decryptNotTried.js'
import { deniedUse } from './checks/deniedUse.js'
import { dynamodbUnreachable } from './checks/dynamodbUnreachable.js'
import { encryptedDiffers } from './checks/encryptedDiffers.js'
import { entitiesDiffer } from './checks/entitiesDiffer.js'
import { envelopeAttributeDiffers } from './checks/envelopeAttributeDiffers.js'
import { indexKeyEncrypted } from './checks/indexKeyEncrypted.js'
import { indexLacksEntity } from './checks/indexLacksEntity.js'
import { indexLacksEnvelope } from './checks/indexLacksEnvelope.js'
import { indexLacksSearched } from './checks/indexLacksSearched.js'
import { indexNotWhole } from './checks/indexNotWhole.js'
import { keyDisabled } from './checks/keyDisabled.js'
import { keyMaterial } from './checks/keyMaterial.js'
import { keyMissing } from './checks/keyMissing.js'
import { keyNotDescribed } from './checks/keyNotDescribed.js'
import { keyNotReady } from './checks/keyNotReady.js'
import { keyPendingDeletion } from './checks/keyPendingDeletion.js'
import { keyringFails } from './checks/keyringFails.js'
import { keyringOpaque } from './checks/keyringOpaque.js'
import { keySchemaDiffers } from './checks/keySchemaDiffers.js'
import { keyStoreRegions } from './checks/keyStoreRegions.js'
import { keysDiffer } from './checks/keysDiffer.js'
import { keyUsage } from './checks/keyUsage.js'
import { kmsThrottled } from './checks/kmsThrottled.js'
import { kmsUnreachable } from './checks/kmsUnreachable.js'
import { logicalNameDiffers } from './checks/logicalNameDiffers.js'
import { logicalNameShared } from './checks/logicalNameShared.js'
import { ownRegionWithoutReplica } from './checks/ownRegionWithoutReplica.js'
import { recoveryOff } from './checks/recoveryOff.js'
import { regionWithoutClient } from './checks/regionWithoutClient.js'
import { regionWithoutKey } from './checks/regionWithoutKey.js'
import { replicaNotNamed } from './checks/replicaNotNamed.js'
import { searchKeyElsewhere } from './checks/searchKeyElsewhere.js'
import { searchKeyLocked } from './checks/searchKeyLocked.js'
import { separateTables } from './checks/separateTables.js'
import { slowRegion } from './checks/slowRegion.js'
import { streamKeysOnly } from './checks/streamKeysOnly.js'
import { tableMissing } from './checks/tableMissing.js'
import { tableNotActive } from './checks/tableNotActive.js'
import { tableNotDescribed } from './checks/tableNotDescribed.js'
import { tableNotGlobal } from './checks/tableNotGlobal.js'
import { timeToLiveEncrypted } from './checks/timeToLiveEncrypted.js'
import { tokenKeyType } from './checks/tokenKeyType.js'
import type { Check } from './finding.js'

/** All of them, in the order in which findings of one severity are told. */
export const CHECKS: readonly Check[] = [
  credentials,
  kmsUnreachable,
  kmsThrottled,
  keyMissing,
  keyDisabled,
  keyPendingDeletion,
  keyNotReady,
  keyUsage,
  keyMaterial,
  deniedUse('seal-denied', 'GenerateDataKey'),
  deniedUse('open-denied', 'Decrypt'),
  decryptNotTried,
  keyNotDescribed,
  replicaNotNamed,
  ownRegionWithoutReplica,
  aliasElsewhere,
  aliasMissing,
  slowRegion,
  clockSkew,
  keyringFails,
  keyringOpaque,
  keyStoreRegions,
  contextUnknown,
  keysDiffer,
  contextDiffers,
  dynamodbUnreachable,
  tableMissing,
  tableNotActive,
  separateTables,
  tableNotGlobal,
  regionWithoutKey,
  regionWithoutClient,
  keySchemaDiffers,
  logicalNameDiffers,
  logicalNameShared,
  entitiesDiffer,
  encryptedDiffers,
  envelopeAttributeDiffers,
  timeToLiveEncrypted,
  indexKeyEncrypted,
  indexLacksEnvelope,
  indexNotWhole,
  indexLacksEntity,
  indexLacksSearched,
  tokenKeyType,
  searchKeyLocked,
  searchKeyElsewhere,
  beaconKeyLocked,
  recoveryOff,
  streamKeysOnly,
  tableNotDescribed,
]
