/** Its own declarations are not where its package says. */
declare module 'asl-validator' {
  export default function validate(definition: object): { readonly errors: readonly object[] }
}
