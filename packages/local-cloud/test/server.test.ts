import { afterEach, describe, expect, it } from 'vitest'
import { type LoopbackServer, listen } from '../src/http/server.js'

let server: LoopbackServer

afterEach(() => server.close())

describe('the HTTP server', () => {
  it.each([
    ['a status that HTTP does not have', 7, {}],
    ['a header that HTTP does not have', 200, { date: 'a\nb' }],
  ])('ends the connection of an answer with %s, and goes on', async (_, status, headers) => {
    const answers = [
      { status, headers, body: '' },
      { status: 200, headers: {}, body: 'there' },
    ]
    server = await listen(0, async () => answers.shift())
    await expect(fetch(server.endpoint)).rejects.toThrow()
    expect(await (await fetch(server.endpoint)).text()).toBe('there')
  })
})
