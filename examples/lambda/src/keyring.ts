import { BranchKeyring } from '@dynaseal/branch-keyring'
import { MrkKeyring } from '@dynaseal/mrk-keyring/slim'
import { variable } from './environment.js'

/**
 * Where data keys come from: of KMS each (`mrk`), or wrapped under a branch key in the process (`branch-keys`). Which of the
 * two, bundle.mjs puts in the place of `process.env.KEYRING`: the other one is not in the bundle. Lambda sets `AWS_REGION`,
 * which is asked first.
 */
export function keyringOfEnvironment(): MrkKeyring | BranchKeyring {
  const location = { ...routing(), keyArns: variable('KEY_ARNS').split(',') }
  return process.env.KEYRING === 'mrk'
    ? new MrkKeyring(location)
    : new BranchKeyring({
        ...location,
        keyStore: { tableName: variable('KEY_STORE_TABLE') },
        branchKeyId: variable('BRANCH_KEY_ID'),
      })
}

/** Deadlines and hedges where the defaults do not fit; the keyring says what it does not take. */
function routing(): object {
  try {
    return JSON.parse(process.env.ROUTING ?? '{}')
  } catch (cause) {
    throw new Error('The environment variable ROUTING is not JSON.', { cause })
  }
}
