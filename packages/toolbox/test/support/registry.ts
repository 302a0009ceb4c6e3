import { createFormat } from '@dynaseal/core'
import { ClientFeatures } from '../../../document-client/src/client/features.js'
import { searchTokens } from '../../../document-client/src/search/feature.js'
import { Tables } from '../../../document-client/src/tables/tables.js'
import { dialect } from '../../src/dialect.js'
import { type RegistrableEntity, Registry } from '../../src/registry.js'

const unused = () => Promise.reject(new Error('Nothing is sealed or opened here.'))
const format = createFormat({ keyring: { onEncrypt: unused, onDecrypt: unused } })

/** As a sealed client has one, whose tables are called the same everywhere. */
export function newRegistry(timeToLive: readonly string[] = [], isMocked = () => false) {
  const tables = new Tables(
    dialect,
    name => name,
    format,
    timeToLive,
    undefined,
    new ClientFeatures([searchTokens], dialect),
  )
  const registry = new Registry({ tables, format, isMocked })
  return {
    register: (entity: RegistrableEntity) => registry.register(entity),
    table: (name: string) => tables.table(name),
  }
}
