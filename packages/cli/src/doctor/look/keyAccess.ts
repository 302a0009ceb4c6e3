import type { SearchOptions } from '@dynaseal/core'
import { type KeyringParts, keyringParts } from '@dynaseal/core/parts'
import type { Context } from '../seen.js'

/** A keyring over a multi-Region key, that wraps data keys under it or under branch keys. */
export type KeyAccess = Exclude<KeyringParts, { readonly kind: 'combined' }>

/** The keyrings that a data key of a context is asked of. */
export interface KeyringsOfContext {
  /** That which seals first. */
  readonly access: readonly KeyAccess[]
  /** Whether some of them cannot be looked into. */
  readonly isOpaque: boolean
}

/**
 * Goes through what keyrings are made of: a function of the context, a combination.
 *
 * @param context undefined where none is known, so that no function can be asked
 */
export async function keyringsOf(
  keyring: SearchOptions['keyring'] | undefined,
  context: Context | undefined,
): Promise<KeyringsOfContext> {
  if (typeof keyring === 'function') {
    if (context === undefined) return { access: [], isOpaque: false }
    return keyringsOf(await keyring(context), context)
  }
  const parts = keyringParts(keyring)
  if (parts === undefined) return { access: [], isOpaque: true }
  if (parts.kind !== 'combined') return { access: [parts], isOpaque: false }
  const all = await Promise.all([parts.sealWith, ...parts.openWith].map(each => keyringsOf(each, context)))
  return { access: all.flatMap(one => one.access), isOpaque: all.some(one => one.isOpaque) }
}

/** `mrk-…` */
export function keyIdOf(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1)
}

/** With any region, as policies have it: replicas of one key have that in common. */
export function inAllRegions(arn: string): string {
  return arn.split(':').with(3, '*').join(':')
}
