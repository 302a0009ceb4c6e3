import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { channelNames, type Events } from '../src/index.js'

export type Heard = { [Name in keyof Events]: Events[Name][] }

/** Collects what is published, until `stop`. */
export function listen(): Heard & { stop(): void } {
  const heard: Heard = { arrival: [], failure: [], grace: [] }
  const listeners = (Object.keys(channelNames) as (keyof Events)[]).map(name => {
    const listener = (event: unknown) => void (heard[name] as unknown[]).push(event)
    subscribe(channelNames[name], listener)
    return () => unsubscribe(channelNames[name], listener)
  })
  return {
    ...heard,
    stop: () => {
      for (const stop of listeners) stop()
    },
  }
}
