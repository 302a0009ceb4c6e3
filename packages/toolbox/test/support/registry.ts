import { createFormat } from '@dynaseal/core'
import { Registry } from '../../src/registry.js'

const unused = () => Promise.reject(new Error('Nothing is sealed or opened here.'))
const format = createFormat({ keyring: { onEncrypt: unused, onDecrypt: unused } })

/** As a sealed client has one, whose tables are called the same everywhere. */
export function newRegistry(timeToLive?: readonly string[], isMocked?: () => boolean): Registry {
  return new Registry(name => name, format, timeToLive, isMocked)
}
