import { expect, test } from 'vitest'
import { anchors, brokenLink, links, markdownFiles } from './markdown.js'

test.each(markdownFiles())('%s links to what is there', page => {
  const broken = links(page).flatMap(link => {
    const problem = brokenLink(page, link)
    return problem === undefined ? [] : [`line ${link.line}: ${link.target}: ${problem}`]
  })
  expect(broken).toEqual([])
})

test('a link to nothing is found', () => {
  const [page, line] = ['README.md', 1]
  expect(brokenLink(page, { line, target: 'docs/nothing.md' })).toMatch(/there is no docs\/nothing/)
  expect(brokenLink(page, { line, target: 'docs/format.md#nowhere' })).toMatch(/no heading #nowhere/)
  expect(brokenLink(page, { line, target: '#packages' })).toBeUndefined()
  expect(anchors('docs/guide.md')).toContain('where-encrypted-may-stand')
})
