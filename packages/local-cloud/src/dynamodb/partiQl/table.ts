/** A string or quoted name that stands whole, or any other character. */
const PART = /'(?:[^']|'')*'|"(?:[^"]|"")*"|[^'"]/.source

/** What comes before the table of a statement, if that is a quoted name; of a SELECT the first FROM. */
const BEFORE = new RegExp(
  `^(\\s*(?:INSERT\\s+INTO|UPDATE|DELETE\\s+FROM|(?:EXISTS\\s*\\(\\s*)?SELECT\\b(?:${PART})*?\\bFROM)\\s*)"([^"]*)"`,
  'i',
)

/** The table of a statement that quotes its name. */
export function tableOf(statement: string): string | undefined {
  return BEFORE.exec(statement)?.[2]
}

/** The statement on another table. To be called for what has a table by `tableOf`. */
export function withTable(statement: string, table: string): string {
  return statement.replace(BEFORE, (_, before: string) => `${before}"${table}"`)
}
