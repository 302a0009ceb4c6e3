const INDENT = '    '

/**
 * A command for a shell in lines of at most so many columns, which can be copied as they are: broken at spaces, with a
 * backslash before the line feed; inside of single quotes, where JSON stands, without one. What has no spaces is not broken.
 */
export function renderCommand(command: string, width: number): string[] {
  if (command.startsWith('#')) return renderComment(command, width)
  const room = width - INDENT.length - ' \\'.length
  const lines: string[] = []
  let line = ''
  let isQuoted = false
  for (const word of command.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(isQuoted ? line : `${line} \\`)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
    if ((word.split("'").length - 1) % 2 === 1) isQuoted = !isQuoted
  }
  return [...lines, line].map(one => `${INDENT}${one}`)
}

function renderComment(comment: string, width: number): string[] {
  const room = width - INDENT.length
  const lines: string[] = []
  let line = ''
  for (const word of comment.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line)
      line = `# ${word}`
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line].map(one => `${INDENT}${one}`)
}
