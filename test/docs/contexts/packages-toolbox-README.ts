export declare function quarantine(key: object, failures: readonly Error[]): void
