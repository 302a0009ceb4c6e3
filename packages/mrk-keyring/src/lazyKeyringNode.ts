import { createRequire } from 'node:module'
import type {
  EncryptedDataKey,
  KeyringNode,
  NodeDecryptionMaterial,
  NodeEncryptionMaterial,
} from '@aws-crypto/material-management'
import { MrkKeyringConfigError } from './configError.js'

type Materials = typeof import('@aws-crypto/material-management')

let materials: Materials | undefined

/**
 * The AWS Encryption SDK's materials: loaded when somebody brings some, and then the same copy.
 *
 * @throws MrkKeyringConfigError in a bundle that cannot load them
 */
export function awsMaterials(): Materials {
  materials ??= loadMaterials()
  return materials
}

let bundled: (() => Materials) | undefined

/** Where they are to be taken from, in a bundle. */
export function provideMaterials(load: () => Materials): void {
  bundled = load
}

function loadMaterials(): Materials {
  let failure: unknown
  try {
    if (bundled !== undefined) return bundled()
  } catch (cause) {
    // An ES module made by esbuild requires no package that it was told to leave out; what follows finds it.
    failure = cause
  }
  try {
    // No bundler sees that: `@dynaseal/core` needs none of it, and it is larger than all the rest.
    return createRequire(import.meta.url)('@aws-crypto/material-management') as Materials
  } catch (cause) {
    throw new MrkKeyringConfigError(
      'MATERIALS_NOT_LOADED',
      '@aws-crypto/material-management could not be loaded, which a keyring needs that is called with materials of the AWS Encryption SDK. ' +
        "In a bundle, take it in: import '@dynaseal/mrk-keyring/materials'. In one that is an ES module and made by esbuild, define require in its banner, as for every CommonJS package: " +
        `import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url)`,
      { cause: failure ?? cause },
    )
  }
}

/**
 * What `class extends KeyringNode` would be, were that class not slow to load, and not impossible to load in some
 * bundles (docs/decisions/keyring-node-when-asked-for.md).
 */
export abstract class LazyKeyringNode implements KeyringNode {
  constructor() {
    standUnderKeyringNode()
  }

  abstract _onEncrypt(material: NodeEncryptionMaterial): Promise<NodeEncryptionMaterial>

  abstract _onDecrypt(
    material: NodeDecryptionMaterial,
    encryptedDataKeys: EncryptedDataKey[],
  ): Promise<NodeDecryptionMaterial>

  async onEncrypt(material: NodeEncryptionMaterial): Promise<NodeEncryptionMaterial> {
    return awsMaterials().KeyringNode.prototype.onEncrypt.call(this, material)
  }

  async onDecrypt(
    material: NodeDecryptionMaterial,
    encryptedDataKeys: EncryptedDataKey[],
  ): Promise<NodeDecryptionMaterial> {
    return awsMaterials().KeyringNode.prototype.onDecrypt.call(this, material, encryptedDataKeys)
  }
}

/**
 * `keyring instanceof KeyringNode`, which multi keyrings and clients ask before they take one, walks up to what this puts above
 * a keyring's classes. With the first keyring, and not with this module, which a bundler could not leave out then.
 */
function standUnderKeyringNode(): void {
  if (Object.getPrototypeOf(LazyKeyringNode.prototype) !== Object.prototype) return
  const parent = new Proxy(
    {},
    {
      getPrototypeOf() {
        try {
          return awsMaterials().KeyringNode.prototype
        } catch {
          // Whoever asks has no KeyringNode that could be ours.
          return Object.prototype
        }
      },
    },
  )
  Object.setPrototypeOf(LazyKeyringNode.prototype, parent)
}
