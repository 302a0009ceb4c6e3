export declare const keyArns: string[]
