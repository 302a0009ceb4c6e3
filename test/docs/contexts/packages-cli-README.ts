import type { SealedClient } from '@dynaseal/document-client'

export declare const east: SealedClient
export declare const west: SealedClient
