import { randomUUID } from 'node:crypto'
import { MrkKeyringConfigError } from '@dynaseal/mrk-keyring'
import { refuseUnknown } from '@dynaseal/mrk-keyring/regional'
import { ACTIVE, TYPE } from '../keyStore/row.js'
import { type BranchKeyCheck, checkBranchKey } from './check.js'
import { type Clients, clientsOf, type KeyStoreAdministrationOptions } from './clients.js'
import { deleteRow, readRows } from './rows.js'
import { type CreatedTable, createTable } from './table.js'
import {
  type CreatedBranchKey,
  createBranchKey,
  enableBranchKey,
  listVersions,
  type RotatedBranchKey,
  rotateBranchKey,
  type VersionDescription,
} from './versions.js'

/**
 * Creates, rotates, checks and destroys branch keys, for operators. Rows are those of the official libraries, byte for
 * byte, and written in one region, the home region, under conditions: repeating a call changes nothing more, and of two
 * operators who do the same at once one does it. No branch key is ever in this process's memory, but for the check.
 *
 * ```ts
 * const keys = new KeyStoreAdministration({ keyArns, regions, keyStore: { tableName: 'branch-keys' } })
 * await keys.createTable()
 * await keys.createBranchKey({ branchKeyId: 'tenant-acme' })
 * ```
 *
 * Errors of KMS and DynamoDB are handed on; what this class finds wrong itself is a `BranchKeyError`.
 */
export class KeyStoreAdministration {
  readonly #clients: Clients

  /** @throws MrkKeyringConfigError */
  constructor(options: KeyStoreAdministrationOptions) {
    this.#clients = clientsOf(options)
  }

  /**
   * Creates the table in the home region and its replicas in the others, as far as they are missing, and waits until they
   * can be used: on AWS some minutes.
   *
   * @throws BranchKeyError `NOT_A_KEY_STORE`
   */
  async createTable(): Promise<CreatedTable> {
    return createTable(this.#clients)
  }

  /**
   * Creates a branch key with its first version, or finds that it is there.
   *
   * @param branchKeyId a UUID by default
   * @param encryptionContext pairs that KMS binds the branch key to, on top of those that the key store has
   * @throws BranchKeyError `DIFFERENT_BRANCH_KEY` where it is there with other pairs, `NO_BRANCH_KEY` where it is disabled,
   *   `BAD_CONTEXT`, `CONFLICT`
   * @throws MrkKeyringConfigError for an id that is none, and an option that there is not
   */
  async createBranchKey(
    options: { branchKeyId?: string; encryptionContext?: Readonly<Record<string, string>> } = {},
  ): Promise<CreatedBranchKey> {
    // Otherwise an id that was given in another way would be taken for none, and a branch key made that nobody names.
    if (typeof options !== 'object' || options === null)
      throw new MrkKeyringConfigError(
        'BAD_OPTION',
        "give the id in an object: { branchKeyId: 'tenant-acme' }",
      )
    refuseUnknown('createBranchKey', options, ['branchKeyId', 'encryptionContext'])
    const { branchKeyId = randomUUID(), encryptionContext = {} } = options
    return createBranchKey(this.#clients, checkId(branchKeyId), encryptionContext)
  }

  /**
   * Makes a new version the active one. Older versions stay, and unwrap what was wrapped under them. Processes go on with
   * the old one for as long as they cache it.
   *
   * @param from the version that is to be replaced: where another is active by now, nothing is done. By default the active
   *   one: then every call makes a new version, but that of two at once one does
   * @throws BranchKeyError `NO_BRANCH_KEY`, also where it is disabled; `BRANCH_KEY_REFUSED`, `CONFLICT`
   */
  async rotateBranchKey(branchKeyId: string, { from }: { from?: string } = {}): Promise<RotatedBranchKey> {
    return rotateBranchKey(this.#clients, checkId(branchKeyId), from)
  }

  /** The versions from the oldest to the newest, as the home region has them; none where there is no such branch key. */
  async listVersions(branchKeyId: string): Promise<VersionDescription[]> {
    return listVersions(this.#clients, checkId(branchKeyId))
  }

  /**
   * Has every region read every row of a branch key and decrypt it there.
   *
   * @throws BranchKeyError `NO_BRANCH_KEY`
   */
  async checkBranchKey(branchKeyId: string): Promise<BranchKeyCheck> {
    return checkBranchKey(this.#clients, checkId(branchKeyId))
  }

  /**
   * Deletes the row of the active version: nothing more is wrapped under the branch key, and what was, still opens. Takes
   * effect when caches have expired.
   *
   * @returns whether there was one
   */
  async disableBranchKey(branchKeyId: string): Promise<boolean> {
    return deleteRow(this.#clients, checkId(branchKeyId), ACTIVE)
  }

  /**
   * Makes a new active version of a branch key that was disabled.
   *
   * @throws BranchKeyError `NO_BRANCH_KEY`, `BRANCH_KEY_REFUSED`, `CONFLICT`
   */
  async enableBranchKey(branchKeyId: string): Promise<RotatedBranchKey> {
    return enableBranchKey(this.#clients, checkId(branchKeyId))
  }

  /**
   * Deletes all rows of a branch key: once caches have expired, nothing that was wrapped under it can ever be read again,
   * unless from a backup of the table.
   *
   * @returns how many rows there were
   */
  async destroyBranchKey(branchKeyId: string): Promise<number> {
    // First, so that a rotation at the same time fails rather than leaves a new version behind.
    let rows = Number(await deleteRow(this.#clients, checkId(branchKeyId), ACTIVE))
    for (;;) {
      const items = await readRows(this.#clients, this.#clients.home, branchKeyId)
      if (items.length === 0) return rows
      for (const item of items) rows += Number(await deleteRow(this.#clients, branchKeyId, item[TYPE]!.S!))
    }
  }
}

function checkId(branchKeyId: string): string {
  if (typeof branchKeyId === 'string' && branchKeyId !== '' && branchKeyId.isWellFormed()) return branchKeyId
  throw new MrkKeyringConfigError(
    'BAD_OPTION',
    'branchKeyId is empty or no text: give the id of a branch key',
  )
}
