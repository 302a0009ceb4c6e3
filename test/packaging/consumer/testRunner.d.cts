/** What the type tests need of Vitest, whose own types older compilers do not read. */
export { expectTypeOf } from 'expect-type'
export declare const test: (name: string, work: () => void) => void
export declare const describe: typeof test
export declare function expect(value: unknown): {
  toBeTypeOf(type: string): void
  toThrow(message: RegExp): void
  not: { toThrow(): void }
}
