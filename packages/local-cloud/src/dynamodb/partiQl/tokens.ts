export type Token =
  | { readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'symbol'; readonly text: string }
  /** The n-th `?` of the statement, from 0. */
  | { readonly kind: 'parameter'; readonly index: number }

/** A name or keyword; a "quoted" name; a 'string'; a number; a `?`; anything else, a character at a time. */
const TOKEN =
  /\s*(?:(?<word>[a-z_][a-z0-9_]*)|"(?<quoted>(?:[^"]|"")*)"|'(?<string>(?:[^']|'')*)'|(?<number>-?\d+(?:\.\d*)?(?:e[-+]?\d+)?)|(?<parameter>\?)|(?<symbol>[^\s'"]))/iy

/**
 * The words of a PartiQL statement. Undefined when engines could read them differently: an open quote, a comment, a
 * backslash in a string.
 */
export function tokensOf(statement: string): Token[] | undefined {
  const text = statement.trim()
  const tokens: Token[] = []
  let parameters = 0
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const groups = TOKEN.exec(text)?.groups
    if (groups === undefined) return undefined
    const { word, quoted, string, number, parameter, symbol } = groups
    if (word !== undefined) tokens.push({ kind: 'word', text: word })
    if (quoted !== undefined) tokens.push({ kind: 'quoted', text: quoted.replaceAll('""', '"') })
    if (string !== undefined) tokens.push({ kind: 'string', text: string.replaceAll("''", "'") })
    if (number !== undefined) tokens.push({ kind: 'number', text: number })
    if (parameter !== undefined) tokens.push({ kind: 'parameter', index: parameters++ })
    if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol })
    if (string?.includes('\\')) return undefined
  }
  return hasComment(tokens) ? undefined : tokens
}

function hasComment(tokens: readonly Token[]): boolean {
  return tokens.some((token, n) => {
    const next = tokens[n + 1]
    return (
      (isSymbol(token, '-') && (isSymbol(next, '-') || startsNegative(next))) ||
      (isSymbol(token, '/') && isSymbol(next, '*'))
    )
  })
}

/** `--5` is a comment that says 5. */
function startsNegative(token: Token | undefined): boolean {
  return token?.kind === 'number' && token.text.startsWith('-')
}

export function isSymbol(token: Token | undefined, text: string): boolean {
  return token?.kind === 'symbol' && token.text === text
}

export function isWord(token: Token | undefined, text: string): boolean {
  return token?.kind === 'word' && token.text.toUpperCase() === text
}

/** A name, or what is taken for one where it stands. */
export function isName(
  token: Token | undefined,
  alsoTaken?: 'string',
): token is Token & { readonly text: string } {
  return (
    token?.kind === 'word' || token?.kind === 'quoted' || (token !== undefined && token.kind === alsoTaken)
  )
}
