import { Argument, type Command, Option } from 'commander'
import { CliError } from '../errors.js'
import { wrapped } from '../output/table.js'
import { cdkOf } from '../policy/cdk.js'
import type { PolicyDocument } from '../policy/document.js'
import { policyWarnings } from '../policy/limits.js'
import { policiesOf, ROLES, type Role } from '../policy/policies.js'
import { split } from '../policy/split.js'
import { terraformOf } from '../policy/terraform.js'
import { atLeast } from './numbers.js'
import { pair } from './pairs.js'
import { command, json, projectOf, type SharedOptions, type Surroundings } from './shared.js'

interface Options extends SharedOptions {
  readonly as?: keyof typeof LANGUAGES
  readonly context?: Readonly<Record<string, string>>
  readonly table?: readonly string[]
  readonly checkpointTable?: string
  readonly part?: number
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

What is longer than a managed policy of IAM takes, 6,144 characters without
white space, is several of them in CDK and Terraform; as JSON, --part prints
each. That and whatever else AWS does not take is noted on standard error.

  dynaseal policy readers > readers.json
  aws iam create-policy --policy-name readers \\
    --policy-document file://readers.json
  dynaseal policy --as terraform > dynaseal.tf

Ends with 0; with 1 if it failed; with 2 if it was asked for wrongly.
`

export function policyCommand(surroundings: Surroundings): Command {
  const languages = Object.keys(LANGUAGES)
  return command('policy', 'the least IAM and key policies', 'tables of this region alone (default: of all)')
    .description(
      'Prints the least IAM policies that readers, writers and operators need, and the policies of the keys.',
    )
    .addArgument(new Argument('[whose]', 'only these, as JSON').choices([...ROLES, 'keys']))
    .addOption(new Option('--as <language>', 'how (default: json)').choices(languages))
    .option('--context <name=value...>', 'pairs of one tenant, where contexts depend on items', pair)
    .option('--table <name...>', 'readers, writers and operators of these tables alone (default: of all)')
    .option('--checkpoint-table <table>', 'operators may keep checkpoints there')
    .option('--part <n>', 'of a policy that takes several managed policies, this one of them', atLeast(1))
    .addHelpText('after', NOTES)
    .action(async (whose: Role | 'keys' | undefined, options: Options) => {
      const as = options.as ?? 'json'
      if (as !== 'json' && (whose !== undefined || options.json))
        throw new CliError('usage', `--as ${as} is one text for all: it goes without ${whose ?? '--json'}.`)
      if (options.part !== undefined && (whose === undefined || whose === 'keys'))
        throw new CliError('usage', `--part is of the policy of one of ${ROLES.join(', ')}.`)
      const project = await projectOf(options, surroundings)
      const policies = await policiesOf(project, { ...options, tables: options.table })
      const { roles, keys } = policies
      const { out, note, width } = surroundings.terminal
      const warnings = options.part === undefined ? policyWarnings(policies, whose) : []
      for (const warning of warnings) note(`${wrapped(warning, width).join('\n')}\n`)
      if (as !== 'json') out(LANGUAGES[as](policies))
      else if (whose === 'keys') out(json(keys))
      else if (whose === undefined) out(json(policies))
      else out(json(options.part === undefined ? roles[whose] : partOf(roles[whose], options.part)))
    })
}

/** @throws {CliError} `usage` */
function partOf(policy: PolicyDocument, part: number): PolicyDocument {
  const parts = split(policy)
  const found = parts[part - 1]
  if (found !== undefined) return found
  throw new CliError('usage', `The policy takes ${parts.length}: there is no --part ${part}.`)
}
