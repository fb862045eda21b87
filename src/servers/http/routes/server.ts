/** What the server says about itself, without a key. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { isOurDomain } from '../../../access/addresses.ts'
import type { HttpEnv } from '../context.ts'
import { headers, json, publicProblems } from '../responses.ts'
import { defineRoute } from '../route.ts'

export const server = new OpenAPIHono<HttpEnv>()

/** Never a domain (RFC 2606 §2), so the lookup is one probe of an index that reads no row. */
const NOBODY = 'health.invalid'

const root = defineRoute({
  method: 'get',
  path: '/',
  operationId: 'getServer',
  tags: ['Server'],
  summary: 'What this is, and where its description stands',
  description: 'A browser is led to the reference. Takes no key.',
  security: [],
  responses: {
    200: json(
      z
        .object({ name: z.string(), documentation: z.string(), description: z.string(), health: z.string() })
        .openapi('Server'),
      'The server.',
    ),
    302: { description: 'For a browser: to the reference.', headers: headers('Location') },
    ...publicProblems(),
  },
})

server.openapi(root, (c) => {
  c.header('vary', 'accept')
  if (isBrowser(c.req.header('accept'))) return c.body(null, 302, { location: '/docs' })
  const paths = { documentation: '/docs', description: '/openapi.json', health: '/healthz' }
  return c.json({ name: 'Postern', ...paths }, 200)
})

/** A browser that opens a page names HTML first among what it accepts. */
function isBrowser(accept = ''): boolean {
  return accept.toLowerCase().startsWith('text/html')
}

const health = defineRoute({
  method: 'get',
  path: '/healthz',
  operationId: 'getHealth',
  tags: ['Server'],
  summary: 'Whether the server and its database answer',
  description: 'Asks the database something that costs nothing. Anything but 200 means that mail cannot be read now.',
  security: [],
  responses: {
    200: json(
      z
        .object({
          status: z.enum(['ok']),
          mode: z.enum(['development']).optional().openapi({ description: 'Only under `npm start`.' }),
        })
        .openapi('Health'),
      'Both answer.',
    ),
    ...publicProblems(),
  },
})

server.openapi(health, async (c) => {
  const { deps } = c.env
  await isOurDomain(deps, NOBODY)
  return c.json({ status: 'ok' as const, ...(deps.dev ? { mode: 'development' as const } : {}) }, 200)
})
