// For bundles whose keyring is one of the AWS Encryption SDK: takes its materials in, which are left out otherwise.
import { provideAwsMaterials } from './dataKeyCache/awsMaterials.js'

provideAwsMaterials(() => import('@aws-crypto/material-management'))
