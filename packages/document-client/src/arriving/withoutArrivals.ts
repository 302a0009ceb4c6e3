import type { ItemOpener } from './opener.js'

/** The methods of a client that opens no items without a command. */
export function withoutArrivals(refuse: () => never): ItemOpener {
  const promise = async () => refuse()
  // It refuses where it would begin.
  const generator = async function* () {
    yield refuse()
  }
  return {
    openItem: promise,
    openItems: promise,
    sealItem: promise,
    sealItems: promise,
    openStreamRecord: promise,
    openStreamRecords: promise,
    openExport: generator,
    openIncrementalExport: generator,
  }
}
