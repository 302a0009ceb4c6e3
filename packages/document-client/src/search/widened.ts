import type { AttributePath } from '@dynaseal/core'
import { formatPath } from '@dynaseal/core/formats'
import { DocumentClientError } from '../errors.js'
import { parseProjection } from '../expressions/projection.js'
import { names } from '../guards/conditions.js'
import { relate } from '../paths/attributePattern.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'
import { removeAt } from './valueAt.js'

const NAME = '#dynasealsearch_'

/** A projection with what a search compares, and what takes it out again. */
export interface Widened {
  /** A copy of the parameters with it, where they project anything. */
  apply(params: Item): Item
  strip(item: Item): void
}

const WHOLE: Widened = { apply: params => params, strip: () => {} }

/** @throws {DocumentClientError} `projection-refused` where a part of what is compared is asked for */
export function widened(table: KnownTable, params: Item, compared: () => readonly AttributePath[]): Widened {
  const expression = params.ProjectionExpression
  if (typeof expression !== 'string' || expression === '') return WHOLE
  const given = parseProjection(expression, names(params))
  const added: AttributePath[] = []
  for (const path of compared()) {
    const relations = [...given, ...added].map(each => relate(each, path))
    if (relations.includes('at') || relations.includes('below')) continue
    if (relations.includes('above')) {
      throw new DocumentClientError(
        'projection-refused',
        `A search compares '${formatPath(path)}' of table ${table.name}, and the projection has a part of it. Project all of it.`,
      )
    }
    added.push(path)
  }
  const placeholders: Record<string, string> = {}
  const texts = added.map((path, index) =>
    path
      .map((step, depth) => {
        placeholders[`${NAME}${index}_${depth}`] = String(step)
        return `${NAME}${index}_${depth}`
      })
      .join('.'),
  )
  const ProjectionExpression = [expression, ...texts].join(', ')
  return {
    apply: own => ({
      ...own,
      ProjectionExpression,
      ExpressionAttributeNames: { ...names(own), ...placeholders },
    }),
    strip: item => {
      const isOurs = (path: AttributePath) => !given.some(each => relate(each, path) !== 'beside')
      for (const path of added) removeAt(item, path, isOurs)
    },
  }
}
