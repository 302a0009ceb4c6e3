import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { CONFIG_FILES } from '../config/loadConfig.js'
import { TEMPLATE } from '../config/template.js'
import { CliError } from '../errors.js'
import type { Surroundings } from './shared.js'

export function initCommand({ terminal, cwd }: Surroundings): Command {
  const [file] = CONFIG_FILES as [string]
  return new Command('init')
    .summary(`writes a commented ${file}`)
    .description(
      `Writes a commented ${file} into this folder, to be filled in. A file that is there stays as it is.`,
    )
    .action(async () => {
      try {
        await writeFile(resolve(cwd, file), TEMPLATE, { flag: 'wx' })
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST')
          throw new CliError('usage', `${file} is there already, and stays as it is.`)
        throw new CliError('failed', `${file} cannot be written: ${(error as Error).message}`, error)
      }
      terminal.out(`${file} is written. Name your entities and your key in it; then try: dynaseal doctor\n`)
    })
}
