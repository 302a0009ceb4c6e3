import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { CliError } from '../errors.js'
import { explained, type Sentences } from '../explained.js'
import { wrapped } from '../output/table.js'
import type { Surroundings } from './shared.js'

const NOTES = `
A bundle that is made with the condition dynaseal-short-messages has codes in
the place of sentences, as #gcp or #f0a(users). Take the command of the
release that is in the bundle: another one may have other sentences.

  dynaseal explain gcp
  dynaseal explain 'Cannot open ssn of an item in table users (key: id): #gcp'
  dynaseal explain < function.log

Ends with 0; with 2 if there is no such code in it.
`

/** Made by scripts/shortMessages.mjs. */
const TABLE = new URL('../../dist/sentences.json', import.meta.url)

export function explainCommand({ terminal }: Surroundings): Command {
  return new Command('explain')
    .summary('says what a short message of an error says in full')
    .description('Says in full what errors say in a bundle with short messages.')
    .argument('[message...]', 'a code or a message; without one, standard input is read')
    .addHelpText('after', NOTES)
    .action(async (words: readonly string[]) => {
      if (words.length === 0 && !terminal.isPipedInto)
        throw new CliError('usage', "Give a code or a message, as dynaseal explain '#gcp'.")
      const given = words.length === 0 ? await terminal.readInput() : words.join(' ')
      // What a shell takes for a comment.
      const message = /^[0-9a-z]{3,}$/.test(given) ? `#${given}` : given
      const text = explained(message, JSON.parse(await readFile(TABLE, 'utf8')) as Sentences)
      if (text === message)
        throw new CliError(
          'usage',
          'No code of a short message is in it. Each begins with #, and has the sentence that it has in the release which the bundle was made of.',
        )
      for (const line of text.trimEnd().split('\n'))
        for (const part of wrapped(line, terminal.width)) terminal.out(`${part}\n`)
    })
}
