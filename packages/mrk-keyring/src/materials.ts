// For bundles that hand a keyring to the AWS Encryption SDK: takes its materials in, which are left out otherwise.
import { load } from './awsMaterials.cjs'
import { provideMaterials } from './lazyKeyringNode.js'

provideMaterials(load)
