import type { Browser } from 'playwright-core'

export declare const NO_CHROMIUM: string
export declare function findChromium(): string | undefined
export declare function launchChromium(switches?: readonly string[]): Promise<Browser>
