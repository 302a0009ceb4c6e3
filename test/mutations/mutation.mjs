import { readdir, readFile } from 'node:fs/promises'

/**
 * Reads the lists of a folder. In a list, `== file` begins the mutations of a source file; a mutation is a line that
 * says what is broken, then after `-` the text that is taken out, and after `+` what comes in its place, if anything.
 */
export async function readMutations(folder) {
  const names = (await readdir(folder)).filter(name => name.endsWith('.txt')).sort()
  const lists = await Promise.all(names.map(name => readFile(new URL(name, folder), 'utf8')))
  return lists.flatMap(parseList)
}

function parseList(text) {
  const mutations = []
  let file
  for (const block of text.trim().split(/\n{2,}/)) {
    const lines = block.split('\n')
    if (lines[0].startsWith('== ')) {
      file = lines[0].slice(3)
      continue
    }
    const marked = mark =>
      lines.filter(line => line[0] === mark && (line[1] ?? ' ') === ' ').map(line => line.slice(2))
    mutations.push({ file, what: lines[0], find: marked('-').join('\n'), replace: marked('+').join('\n') })
  }
  return mutations
}

/** The source with one place changed. Throws where there is no such place, or more than one. */
export function mutate(source, find, replace) {
  const [before, after, ...more] = source.split(find)
  if (find === '' || after === undefined) throw new Error(`There is no: ${find}`)
  if (more.length > 0) throw new Error(`There is more than one: ${find}`)
  return before + replace + after
}
