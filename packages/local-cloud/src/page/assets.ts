import { readFile } from 'node:fs/promises'
import type { AwsResponse } from '../aws.js'

/** Shipped as they are in `src`, which is beside both `src` and `dist`. */
const folder = new URL('../../src/page/', import.meta.url)

const contentTypes: Readonly<Record<string, string>> = {
  'base.css': 'text/css; charset=utf-8',
  'narrow.css': 'text/css; charset=utf-8',
  'sections.css': 'text/css; charset=utf-8',
  'live.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
}

/** Undefined when there is no such file. */
export async function asset(name: string): Promise<AwsResponse | undefined> {
  const contentType = Object.hasOwn(contentTypes, name) ? contentTypes[name] : undefined
  if (contentType === undefined) return undefined
  return {
    status: 200,
    headers: {
      'content-type': contentType,
      'cache-control': 'no-cache',
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    },
    body: await readFile(new URL(name, folder)),
  }
}
