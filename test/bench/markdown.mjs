/** Lines of a Markdown table. */
export function table(header, rows) {
  return [header, header.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`)
}

/** A line that says what was measured on. */
export function machineLine({ cpu, cores, memoryGB, node, platform, load }) {
  const loads =
    load === undefined
      ? 'of other work too, which nobody noted'
      : `average ${load.map(each => each.toFixed(1)).join(' before, ')} after`
  return `Machine: ${cpu}, ${cores} cores, ${memoryGB} GB, Node.js ${node}, ${platform}; load ${loads}.`
}

/** Lines of a section on targets of `{ name, target, measured, held }`, each held or missed, and `about` them. */
export function targets(rows, ...about) {
  const missed = rows.filter(({ held }) => !held).map(({ name }) => name)
  return [
    '## Targets',
    '',
    ...about,
    ...table(
      ['measure', 'target', 'measured', ''],
      rows.map(row => [row.name, row.target, row.measured, row.held ? 'held' : '**missed**']),
    ),
    '',
    missed.length === 0 ? 'All targets are held in this run.' : `Missed in this run: ${missed.join('; ')}.`,
  ]
}
