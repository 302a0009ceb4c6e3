/** How a client reaches a region. On AWS it is `{ region }`; here the local cloud's endpoint and any credentials. */
export interface Aws {
  config(region: string): {
    region: string
    endpoint: string
    credentials: { accessKeyId: string; secretAccessKey: string }
  }
}

export const localAws = (endpoint: string): Aws => ({
  config: region => ({
    region,
    endpoint,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  }),
})
