import { Argument, type Command, Option } from 'commander'
import { CliError } from '../errors.js'
import { wrapped } from '../output/table.js'
import { cdkOf } from '../policy/cdk.js'
import { policyWarnings } from '../policy/limits.js'
import { policiesOf, ROLES, type Role } from '../policy/policies.js'
import { terraformOf } from '../policy/terraform.js'
import { pair } from './pairs.js'
import { command, json, projectOf, type SharedOptions, type Surroundings } from './shared.js'

interface Options extends SharedOptions {
  readonly as?: keyof typeof LANGUAGES
  readonly context?: Readonly<Record<string, string>>
  readonly table?: readonly string[]
  readonly checkpointTable?: string
}

const LANGUAGES = { json, cdk: cdkOf, terraform: terraformOf }

const NOTES = `
readers    may read items and open what is encrypted
writers    may write items and seal; what reads and writes takes both
operators  may do what dynaseal does: read, seal, open, make search keys
keys       the policy of each KMS key, for each of its replicas: the account's
           IAM policies may allow its use, but for Dynaseal's contexts alone

Nothing is sent: tables, keys and contexts are those of the configuration's
clients, the tables taken to be in the account of the keys. Conditions are on
the encryption context. Where the application makes it by the item, as for
tenants, --context tenant=acme gives the policies of one; of items of the AWS
Database Encryption SDK, --context aws-crypto-attr.tenant=acme.

What is longer than AWS takes is noted on standard error, with what to do. IAM
counts no white space.

  dynaseal policy readers > readers.json
  aws iam create-policy --policy-name readers \\
    --policy-document file://readers.json
  dynaseal policy --as terraform > dynaseal.tf

Ends with 0; with 1 if it failed; with 2 if it was asked for wrongly.
`

export function policyCommand(surroundings: Surroundings): Command {
  const languages = Object.keys(LANGUAGES)
  return command('policy', 'the least IAM and key policies')
    .description(
      'Prints the least IAM policies that readers, writers and operators need, and the policies of the keys.',
    )
    .addArgument(new Argument('[whose]', 'only these, as JSON').choices([...ROLES, 'keys']))
    .addOption(new Option('--as <language>', 'how (default: json)').choices(languages))
    .option('--context <name=value...>', 'pairs of one tenant, where contexts depend on items', pair)
    .option('--table <name...>', 'readers, writers and operators of these tables alone (default: of all)')
    .option('--checkpoint-table <table>', 'operators may keep checkpoints there')
    .addHelpText('after', NOTES)
    .action(async (whose: Role | 'keys' | undefined, options: Options) => {
      const as = options.as ?? 'json'
      if (as !== 'json' && (whose !== undefined || options.json))
        throw new CliError('usage', `--as ${as} is one text for all: it goes without ${whose ?? '--json'}.`)
      const project = await projectOf(options, surroundings)
      const policies = await policiesOf(project, { ...options, tables: options.table })
      const { roles, keys } = policies
      const { out, note, width } = surroundings.terminal
      for (const warning of policyWarnings(policies, whose)) note(`${wrapped(warning, width).join('\n')}\n`)
      if (as !== 'json') out(LANGUAGES[as](policies))
      else if (whose === 'keys') out(json(keys))
      else out(json(whose === undefined ? policies : roles[whose]))
    })
}
