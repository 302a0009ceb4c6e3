import { createRequire } from 'node:module'

// To `import` CommonJS, Node first looks through all of it for its exports: that would double the time that it takes.
const require = createRequire(import.meta.url)

export const dynalite = require('dynalite') as typeof import('dynalite').default

/** How it stores things. */
export const dynaliteDb = require('dynalite/db/index.js') as typeof import('dynalite/db/index.js').default
