import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { assertFree, portsOf } from '../../src/cli/listeners.ts'

test('The HTTP port is 8787 unless the environment names another', () => {
  const http = (value?: string) => portsOf({ POSTERN_HTTP_PORT: value }).find(({ name }) => name === 'http')?.port
  expect(http()).toBe(8787)
  expect(http('')).toBe(8787)
  expect(http('9000')).toBe(9000)
})

test.each(['0', '-1', '65536', '99999999', 'http', '80 ', '8o80'])('"%s" is no port, and the line says so', (value) => {
  expect(() => portsOf({ POSTERN_HTTP_PORT: value })).toThrow(
    `POSTERN_HTTP_PORT must be a port from 1 to 65535, not "${value}".`,
  )
})

test('A taken port is one line that names the variable; a free one passes', async () => {
  const server = createServer()
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
  const ports = portsOf({ POSTERN_HTTP_PORT: String(port) })
  await expect(assertFree(ports)).rejects.toThrow(
    `Port ${port} (HTTP API) is taken: choose another with POSTERN_HTTP_PORT.`,
  )
  await new Promise((resolve) => server.close(resolve))
  await assertFree(ports)
})
