export declare const tenantIsGone: () => void
