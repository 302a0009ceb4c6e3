/** A command of the AWS CLI. Values are quoted where a shell would read more into them. */
export function aws(
  command: string,
  region: string,
  options: Readonly<Record<string, string | object | true>>,
): string {
  const given = Object.entries(options).map(([name, value]) => {
    if (value === true) return ` --${name}`
    return ` --${name} ${quoted(typeof value === 'object' ? json(value) : value)}`
  })
  return `aws ${command} --region ${region}${given.join('')}`
}

/** The caller of the command, as the AWS CLI tells it. */
export const CALLER = '"$(aws sts get-caller-identity --query Arn --output text)"'

function quoted(text: string): string {
  if (text === CALLER || /^[\w:/.,=@{}+-]+$/.test(text)) return text.includes('{') ? `'${text}'` : text
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** With spaces, at which a line can be broken. */
function json(value: object): string {
  return JSON.stringify(value, null, 1).replaceAll(/\n\s*/g, ' ')
}

/** A policy of the caller's role that allows what was refused. */
export function allow(actions: readonly string[], resource: string): string {
  const policy = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: actions, Resource: resource }],
  }
  return `aws iam put-role-policy --role-name ROLE --policy-name dynaseal-doctor --policy-document ${quoted(json(policy))}`
}
