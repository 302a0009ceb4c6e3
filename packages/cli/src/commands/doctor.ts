import { Command, Option } from 'commander'
import { renderDoctor } from '../doctor/render.js'
import { ExitCode } from '../errors.js'
import { json, projectOf, type SharedOptions, type Surroundings } from './shared.js'

const NOTES = `
Nothing is changed. KMS is asked in every region to make and to decrypt a data
key, as a dry run and then for real, with the context of each table; a table is
described, and read only where the context depends on the item: one key.

The README of @dynaseal/cli lists all that can be found, by name.

Ends with 0 when nothing is wrong (notes are no reason to fail), with 3 when
there is an error or a warning, with 1 if it failed, with 2 if it was asked for
wrongly, with 130 when it was ended.
`

export function doctorCommand(surroundings: Surroundings): Command {
  return new Command('doctor')
    .summary('checks keys, permissions and tables, in every region')
    .description(
      'Checks from here, in every region of the configuration: replicas of the key, permissions, latency, clock, aliases, tables and their indexes, search keys. Says of each finding why it matters, and the command that mends it.',
    )
    .argument('[tables...]', 'their names (default: all that the configuration knows)')
    .addOption(
      new Option('-c, --config <file>', 'the configuration (default: dynaseal.config.ts, .js or .mjs)'),
    )
    .addOption(
      new Option(
        '-r, --region <region>',
        "only with the configuration's client for it; may be given again (default: all)",
      ).argParser((region: string, before: readonly string[] = []) => [...before, region]),
    )
    .addOption(new Option('--json', 'print one JSON document and no text'))
    .addHelpText('after', NOTES)
    .action(async (tables: string[], { region, ...options }: Options) => {
      const { terminal, signal } = surroundings
      // The KMS client is loaded for this command alone.
      const { doctor } = await import('../doctor/doctor.js')
      const report = await doctor(await projectOf(options, surroundings), {
        tables: tables.length === 0 ? undefined : tables,
        regions: region,
        signal,
      })
      terminal.out(options.json ? json(report) : renderDoctor(report, terminal.width))
      if (report.findings.some(({ severity }) => severity !== 'note')) surroundings.exit(ExitCode.LEFT)
    })
}

interface Options extends Omit<SharedOptions, 'region'> {
  readonly region?: readonly string[]
}
