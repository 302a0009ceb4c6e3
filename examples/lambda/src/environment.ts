/**
 * @returns a variable that the function's configuration must have
 * @throws Error that names the variable, while Lambda loads the function: a wrong deployment serves no request
 */
export function variable(name: string): string {
  const value = process.env[name]
  if (value === undefined || value === '') throw new Error(`The environment variable ${name} is not set.`)
  return value
}
