export declare function retryLater(): void
