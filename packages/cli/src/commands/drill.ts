import type { Command } from 'commander'
import { drill } from '../drill/drill.js'
import { renderDrill } from '../drill/render.js'
import { CliError, ExitCode } from '../errors.js'
import { wrapped } from '../output/table.js'
import { atLeast } from './numbers.js'
import { command, json, projectOf, type SharedOptions, type Surroundings } from './shared.js'

interface Options extends SharedOptions {
  readonly lose?: string
  readonly sample: number
}

const NOTES = `
A sample of each table is read in each region of the configuration, and opened
through each replica of the KMS key alone; new data keys are made through each,
and search keys and beacon keys unwrapped. Nothing is written.

--lose leaves one region out. When the configuration's clients talk to a local
cloud, the region is broken there for real meanwhile, and the sample is also
opened as the application does it. It is mended at the end, and at Ctrl-C.

Ends with 0 when each region can be lost, or the one of --lose; with 3 when it
cannot; with 130 when it was ended, with 1 if it failed, with 2 if it was asked
for wrongly.
`

export function drillCommand(surroundings: Surroundings): Command {
  const { terminal, signal } = surroundings
  return command('drill', 'answers: can we lose this region?', '')
    .description('Reads a sample of items through each replica alone, and says which region can be lost.')
    .option('--lose <region>', 'this one (default: each in turn, and nothing is broken)')
    .option('--sample <n>', 'read so many items of each table', atLeast(1), 25)
    .addHelpText('after', NOTES)
    .action(async (options: Options) => {
      const { lose, sample, region } = options
      if (region !== undefined)
        throw new CliError(
          'usage',
          'A drill goes through the clients of all regions: it takes no --region, but --lose.',
        )
      const project = await projectOf(options, surroundings)
      const report = await drill(project, { lose, sample, signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error
      })
      if (report === undefined) {
        terminal.note(`Ended before all was tried${lose === undefined ? '' : `; ${lose} is as it was`}.\n`)
        surroundings.exit(ExitCode.INTERRUPTED)
        return
      }
      if (!options.json && report.brokenIn !== undefined) {
        const note = `${lose} was broken in the local cloud at ${report.brokenIn}, and is mended.`
        terminal.note(`${wrapped(note, terminal.width).join('\n')}\n\n`)
      }
      terminal.out(options.json ? json(report) : renderDrill(report, terminal.width))
      if (!report.verdicts.every(({ canBeLost }) => canBeLost)) surroundings.exit(ExitCode.LEFT)
    })
}
