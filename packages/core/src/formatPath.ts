/** What a name may be without quotes: anything else in it could be taken for a part of the path. */
const PLAIN_NAME = /^(?![$/])[^.[\]*'"\\\s]+$/

/**
 * A path as people write it, and as paths are declared: `address.lines[0]`, and `['first.name']` for a name with dots, brackets,
 * stars, quotes, backslashes or spaces or that begins with `$` or `/`, so that no two paths look the same. Symbols are steps that are open, as `*` or `[n]`.
 */
export function formatPath(path: readonly (string | number | symbol)[]): string {
  if (!Array.isArray(path)) return '(no path)'
  let text = ''
  for (const step of path as readonly (string | number | symbol)[]) {
    const part = formatStep(step)
    text += text === '' || part.startsWith('[') ? part : `.${part}`
  }
  return text
}

function formatStep(step: string | number | symbol): string {
  if (typeof step === 'number') return `[${step}]`
  if (typeof step === 'symbol') return step.description ?? '*'
  return PLAIN_NAME.test(step) ? step : `['${step.replaceAll(/[\\']/g, '\\$&')}']`
}
