import { ATTRIBUTE_FAULTS } from './planted/attributes.js'
import { KEYRING_FAULTS } from './planted/keyrings.js'
import { KEY_FAULTS } from './planted/keys.js'
import type { PlantedFault } from './planted/plantedFault.js'
import { TABLE_FAULTS } from './planted/tables.js'

export const PLANTED_FAULTS: readonly PlantedFault[] = [
  ...KEY_FAULTS,
  ...KEYRING_FAULTS,
  ...TABLE_FAULTS,
  ...ATTRIBUTE_FAULTS,
]
