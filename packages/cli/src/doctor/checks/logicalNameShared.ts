import type { Check } from '../finding.js'

export const logicalNameShared: Check = {
  code: 'logical-name-shared',
  severity: 'warning',
  finds: 'two tables have one logical name',
  run: ({ clients }) => {
    const [first] = clients
    const byName = new Map<string, string[]>()
    for (const [name, { known }] of first?.tables ?? [])
      byName.set(known.name, [...(byName.get(known.name) ?? []), name])
    return [...byName]
      .filter(([, names]) => names.length > 1)
      .map(([logical, names]) => ({
        subject: names.join(', '),
        regions: [],
        what: `Tables ${names.join(' and ')} have one logical name, ${logical}.`,
        why: 'Whoever writes the tables can put an item of one in place of that of the same key in the other, and it opens. While one is a restored copy of the other, that is what it takes.',
        mend: ['# In the application: another logicalTableName for one of them; then dynaseal rewrap'],
      }))
  },
}
