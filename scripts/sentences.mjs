// Finds the sentences of error messages in a module, and puts codes in their place.
import { createHash } from 'node:crypto'
import { parse } from 'acorn'

/** What is shorter is left: a label, a name, or part of a message that says more elsewhere. */
const LEAST = { characters: 21, spaces: 3 }

/** What something is shown as in place of its value, no error says. */
const LABEL = /^\[/

/** Functions that compare, store or look up what they are given, and show it to nobody. */
const NOT_SAID = new Set(
  'startsWith endsWith includes indexOf split replace replaceAll match test exec get set has delete add for from of hash update channel'.split(
    ' ',
  ),
)

/** Codes of sentences: the last characters of their digests, so that one keeps its code while its words stay. */
export class Codes {
  #sentences = new Map()
  /** Names of modules' variables that hold sentences, and of all that are compared with something, with a place of each. */
  #holders = new Map()
  #compared = new Map()

  /** @param sentence with {1} in the place of its first value */
  of(sentence) {
    const digest = BigInt(`0x${createHash('sha256').update(sentence).digest('hex')}`).toString(36)
    for (let length = 3; ; length++) {
      const code = digest.slice(-length)
      const known = this.#sentences.get(code) ?? sentence
      if (known !== sentence) continue
      this.#sentences.set(code, sentence)
      return code
    }
  }

  holds(name, place) {
    this.#holders.set(name, place)
  }

  compares(name, place) {
    this.#compared.set(name, place)
  }

  /** @throws {Error} when a sentence is more than said */
  check() {
    for (const [name, place] of this.#holders)
      if (this.#compared.has(name))
        throw new Error(
          `${name} of ${place} holds a sentence, and is compared in ${this.#compared.get(name)}.`,
        )
  }

  toJSON() {
    return Object.fromEntries([...this.#sentences].sort())
  }
}

/**
 * A module with short messages. A sentence is a text, or a template with what it puts between its texts; each value stays
 * where it was: `#code(value|value)`.
 *
 * @param {string} text of the module
 * @param {string} place its name, for errors
 * @param {Codes} codes
 * @throws {Error} for a sentence that is compared, looked up or a name
 */
export function shortened(text, place, codes) {
  const edits = []
  visit(parse(text, { ecmaVersion: 'latest', sourceType: 'module' }), [])
  let result = ''
  let end = 0
  for (const { start, stop, by } of edits.sort((a, b) => a.start - b.start)) {
    result += text.slice(end, start) + by
    end = stop
  }
  return result + text.slice(end)

  function visit(node, above) {
    if (node.type === 'BinaryExpression' && node.operator !== '+')
      for (const { type, name } of [node.left, node.right])
        if (type === 'Identifier') codes.compares(name, place)
    const parts = partsOf(node)
    if (parts !== undefined && isSentence(parts)) {
      const user = userOf(node, above)
      if (!isLeft(user)) {
        if (!isMessage(user)) throw new Error(`${place}: ${text.slice(node.start, node.end)} is no message.`)
        if (isOfModule(user.by, above)) codes.holds(user.by.id.name, place)
        replace(node, parts)
      }
    }
    for (const child of childrenOf(node)) visit(child, [node, ...above])
  }

  function replace(node, parts) {
    if (parts.some(part => /\{\d+\}/.test(part)))
      throw new Error(`${place}: ${text.slice(node.start, node.end)} has what stands for a value.`)
    const sentence = parts.map((part, i) => (i === 0 ? part : `{${i}}${part}`)).join('')
    const code = `#${codes.of(sentence)}`
    if (node.type === 'Literal') edits.push({ start: node.start, stop: node.end, by: `'${code}'` })
    // What is between the texts may have sentences of its own.
    else
      for (const [i, { start, end, tail }] of node.quasis.entries())
        edits.push({ start, stop: end, by: i > 0 ? (tail ? ')' : '|') : tail ? code : `${code}(` })
  }
}

/** The texts between the values. */
function partsOf(node) {
  if (node.type === 'Literal') return typeof node.value === 'string' ? [node.value] : undefined
  return node.type === 'TemplateLiteral' ? node.quasis.map(({ value }) => value.cooked) : undefined
}

function isSentence(parts) {
  const text = parts.join('')
  return text.length >= LEAST.characters && text.split(' ').length > LEAST.spaces && !LABEL.test(text)
}

/** What takes a text, by what part of it: past the expressions that hand on what they are made of. */
function userOf(node, above) {
  let part = node
  for (const by of above) {
    const handsOn =
      ['TemplateLiteral', 'ConditionalExpression', 'LogicalExpression'].includes(by.type) ||
      (by.type === 'BinaryExpression' && by.operator === '+')
    if (!handsOn) return { by, part }
    part = by
  }
  throw new Error('A text is a module.')
}

/** What DynamoDB is sent, and what it says itself. */
function isLeft({ by, part }) {
  if (by.type === 'NewExpression') return by.callee.name === 'EvaluationError'
  return by.type === 'Property' && by.value === part && /^message$|Expression$/.test(by.key.name)
}

/** Whether it ends up where somebody reads it, as far as what is around it tells. */
function isMessage({ by, part }) {
  switch (by.type) {
    case 'CallExpression':
      return !(by.callee.type === 'MemberExpression' && NOT_SAID.has(by.callee.property.name))
    case 'Property':
    case 'PropertyDefinition':
      return by.value === part
    case 'ArrayExpression':
    case 'ArrowFunctionExpression':
    case 'AssignmentPattern':
    case 'NewExpression':
    case 'ReturnStatement':
    case 'VariableDeclarator':
      return true
    default:
      return false
  }
}

/** Whether it is a variable that other modules may have, too. */
function isOfModule(node, above) {
  const [, outer] = above.slice(above.indexOf(node) + 1)
  return (
    node.type === 'VariableDeclarator' &&
    (outer.type === 'Program' || outer.type === 'ExportNamedDeclaration')
  )
}

function childrenOf(node) {
  return Object.values(node)
    .flat()
    .filter(child => typeof child?.type === 'string')
}
