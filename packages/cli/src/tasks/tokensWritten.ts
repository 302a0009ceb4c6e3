import { createHash } from 'node:crypto'
import { TokenDefinition, type TokenMaker, type TokenSubject } from '@dynaseal/core'
import { beaconParts } from '@dynaseal/core/parts'
import type { Target } from '../config/project.js'

/** The version of the search key that a client writes with: a token says which that is. */
export async function versionWritten({ known }: Target, maker: TokenMaker): Promise<number> {
  const definition = new TokenDefinition({ of: [{ path: ['probe'] }] })
  const [tokens = []] = await maker.write([{ definition, table: known.name, values: [{ S: '' }] }])
  return Number(tokens[0]?.split('.', 1)[0])
}

/** Another text for a client that writes other tokens, as far as that can be told without an item: a job goes on with none of them. */
export async function tokensWritten(target: Target, maker: TokenMaker): Promise<string> {
  const beacons = beaconParts(maker)
  if (beacons === undefined) return `version ${await versionWritten(target, maker)}`
  const { known } = target
  const tokens = known.tokens(undefined)
  const definitions = tokens.map(({ path, definition: { paths, bits, members } }) => [
    path,
    paths,
    bits,
    members,
  ])
  const hash = createHash('sha256').update(JSON.stringify(definitions))
  if (beacons.keyFieldName !== undefined) return `${hash.digest('hex')} by ${beacons.keyFieldName}`
  const made = await maker.write(probesOf(target, tokens))
  return hash.update(JSON.stringify(made)).digest('hex')
}

/** Values that are nobody's, and so much of their hashes that it tells beacon keys apart. */
function probesOf({ known }: Target, tokens: ReturnType<Target['known']['tokens']>): TokenSubject[] {
  const key = Object.fromEntries(known.keyNames.map(name => [name, { S: '' }]))
  const long = new TokenDefinition({ of: [{ path: ['probe'] }], bits: 63 })
  const subject = { table: known.name, key, keyNames: known.keyNames }
  return [
    { ...subject, definition: long, attribute: ['aws_dbe_b_probe'], values: [{ S: '' }] },
    ...tokens.map(({ path, definition }) => ({
      ...subject,
      definition,
      attribute: path,
      values: definition.paths.map(() => (definition.members ? { SS: ['probe'] } : { S: 'probe' })),
    })),
  ] as TokenSubject[]
}
