import { DocumentClientError } from '../errors.js'

export type TokenKind = 'name' | 'placeholder' | 'value' | 'index' | 'symbol' | 'end'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  /** Offset in the expression, for messages. */
  readonly at: number
}

/**
 * One alternative per kind of token of DynamoDB's expressions
 * (DynamoDB developer guide, "Expression attribute names" and "Expression attribute values").
 */
const TOKEN =
  /(?<space>\s+)|(?<name>[A-Za-z_][A-Za-z0-9_]*)|(?<placeholder>#[A-Za-z0-9_-]+)|(?<value>:[A-Za-z0-9_-]+)|\[(?<index>\d+)\]|(?<symbol><>|<=|>=|[=<>(),.+-])/y

/** Reads an expression token by token. Everything it cannot read is refused, with the position. */
export class Tokens {
  readonly #tokens: Token[]
  #next = 0

  constructor(
    expression: string,
    readonly names: Readonly<Record<string, string>>,
  ) {
    this.#tokens = tokenize(expression)
  }

  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#next + ahead, this.#tokens.length - 1)] as Token
  }

  take(): Token {
    const token = this.peek()
    this.#next++
    return token
  }

  /** Takes the symbol if it is next. */
  skip(symbol: string): boolean {
    const token = this.peek()
    if (token.kind !== 'symbol' || token.text !== symbol) return false
    this.#next++
    return true
  }

  expect(symbol: string): void {
    if (!this.skip(symbol)) throw this.unexpected(`'${symbol}'`)
  }

  isKeyword(word: string): boolean {
    const token = this.peek()
    return token.kind === 'name' && token.text.toUpperCase() === word
  }

  skipKeyword(word: string): boolean {
    if (!this.isKeyword(word)) return false
    this.#next++
    return true
  }

  /** A function call is a name directly before an opening parenthesis. Function names are case-sensitive. */
  isCall(): boolean {
    const after = this.peek(1)
    return this.peek().kind === 'name' && after.kind === 'symbol' && after.text === '('
  }

  /** A document path: a name, then `.name` and `[n]`, with `#placeholders` resolved. */
  path(): (string | number)[] {
    const path: (string | number)[] = [this.#name()]
    for (;;) {
      if (this.peek().kind === 'index') path.push(Number(this.take().text))
      else if (this.skip('.')) path.push(this.#name())
      else return path
    }
  }

  #name(): string {
    const token = this.take()
    if (token.kind === 'name') return token.text
    if (token.kind !== 'placeholder') throw this.unexpected('an attribute name', token)
    if (!Object.hasOwn(this.names, token.text)) {
      throw new DocumentClientError(
        'expression-syntax',
        `'${token.text}' at position ${token.at} of the expression is not among the ExpressionAttributeNames.`,
      )
    }
    return this.names[token.text] as string
  }

  end(): void {
    if (this.peek().kind !== 'end') throw this.unexpected('the end')
  }

  /** Says where, and not what: a value that was pasted into the expression would be quoted. */
  unexpected(wanted: string, token = this.peek()): DocumentClientError {
    return new DocumentClientError(
      'expression-syntax',
      `Expected ${wanted} at position ${token.at} of the expression.`,
    )
  }

  /** The placeholders of values in it, or of names. */
  placeholders(of: 'value' | 'placeholder'): string[] {
    return this.#tokens.filter(({ kind }) => kind === of).map(({ text }) => text)
  }

  /** Tries one way to read on, and another from the same place if it does not fit. */
  either<RESULT>(first: () => RESULT, second: () => RESULT): RESULT {
    const start = this.#next
    try {
      return first()
    } catch (firstError) {
      const reached = this.#next
      this.#next = start
      try {
        return second()
      } catch (secondError) {
        throw this.#next > reached ? secondError : firstError
      }
    }
  }
}

function tokenize(expression: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < expression.length) {
    TOKEN.lastIndex = at
    const groups = TOKEN.exec(expression)?.groups
    if (groups === undefined) {
      throw new DocumentClientError(
        'expression-syntax',
        `Unexpected character at position ${at} of the expression. Values belong into ExpressionAttributeValues.`,
      )
    }
    for (const kind of ['name', 'placeholder', 'value', 'index', 'symbol'] as const) {
      const text = groups[kind]
      if (text !== undefined) tokens.push({ kind, text, at })
    }
    at = TOKEN.lastIndex
  }
  tokens.push({ kind: 'end', text: '', at })
  return tokens
}
