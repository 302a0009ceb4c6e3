import { cpus, loadavg, totalmem } from 'node:os'

const loadBefore = loadavg()[0]

/** What is measured on, with the load average before, when this was imported, and now. */
export function machine() {
  return {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    load: [loadBefore, loadavg()[0]],
  }
}
