/**
 * What a terminal takes for a command, or for a change of the direction of text: whoever writes a table chooses names and
 * texts in it. Controls (C0, DEL, C1), separators of lines, and Unicode's controls of direction (UAX #9).
 */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu

const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`

/** A text of one line, with such characters spelled as JSON has them. */
export function printable(text: string): string {
  return text.replaceAll(CONTROLS, escaped)
}

/** The same of lines. What is JSON stays the same JSON. */
export function printableLines(text: string): string {
  return text.replaceAll(CONTROLS, unit => (unit === '\n' ? unit : escaped(unit)))
}
