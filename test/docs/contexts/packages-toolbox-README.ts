export declare function quarantine(key: object, failures: readonly Error[]): void
export declare const searchKey: Uint8Array
