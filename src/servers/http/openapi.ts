/** The API's description (OpenAPI 3.1), generated from the schemas that validate. */
import { type OpenAPIHono, z } from '@hono/zod-openapi'
import { ACCOUNT_KEY } from './authorize.ts'
import type { HttpEnv } from './context.ts'
import { serveReference } from './docs/serve.ts'
import { HEADERS, json, publicProblems } from './responses.ts'
import { ADMIN_KEY, defineRoute, SCOPES_FIELD } from './route.ts'
import { describeWebhooks } from './webhooks-described.ts'

const INFO = {
  title: 'Postern',
  version: '1',
  description:
    'The mail server over HTTP. Lists come in pages (`data`, `has_more`, `next_cursor`); errors are problem documents (RFC 9457) with a `code` of a closed set; times are RFC 3339 in UTC. A path that takes GET takes HEAD.',
  contact: { name: 'Whoever runs this server' },
  license: { name: 'MIT', identifier: 'MIT' },
}

const TAGS = [
  { name: 'Server', description: 'The server itself; no key.' },
  { name: 'Account', description: 'The account that a key belongs to.' },
  { name: 'Mailboxes', description: 'Where messages stand.' },
  { name: 'Messages', description: 'Listing, searching, reading and changing mail.' },
  { name: 'Sending', description: 'Sending, replying, and what became of what was sent.' },
  { name: 'Drafts', description: 'What is written and not yet sent.' },
  { name: 'Templates', description: 'What messages say again and again, with values in it.' },
  { name: 'Suppressions', description: 'Whom the account does not write to, and why.' },
  { name: 'Changes', description: 'Keeping a copy up to date.' },
  { name: 'Events', description: 'What happened in the account.' },
  { name: 'Webhooks', description: 'Having events told by POST, signed as Standard Webhooks has it.' },
  { name: 'Spam filter', description: 'Reporting, teaching and asking the filter, and what it shall do.' },
  { name: 'Quarantine', description: 'What was held back or refused.' },
  { name: 'Allow and block lists', description: 'Senders that are always or never junk.' },
  { name: 'Keys', description: 'API keys of the account.' },
  { name: 'Admin', description: 'Domains, accounts, addresses, keys. The admin key reads no mail.' },
]

type Description = ReturnType<OpenAPIHono['getOpenAPI31Document']>
let generated: Description | undefined

const route = defineRoute({
  method: 'get',
  path: '/openapi.json',
  operationId: 'getDescription',
  tags: ['Server'],
  summary: 'This description',
  description: 'The API in OpenAPI 3.1, of this very server. Takes no key.',
  security: [],
  responses: {
    200: json(z.looseObject({ openapi: z.string() }).openapi('OpenApi'), 'The description.'),
    ...publicProblems(),
  },
})

/** Describes all routes of the app so far, and itself; for people too (docs/). */
export function serveDescription(app: OpenAPIHono<HttpEnv>): void {
  registerComponents(app)
  describeWebhooks(app)
  app.openapi(route, (c) => c.json(describeApi(app), 200))
  serveReference(app, () => describeApi(app))
}

// Generated once in the Worker's life: it is the same for every request.
function describeApi(app: OpenAPIHono<HttpEnv>): Description & Record<string, unknown> {
  generated ??= app.getOpenAPI31Document({ openapi: '3.1.0', info: INFO, servers: [{ url: '/' }], tags: TAGS })
  return { ...generated }
}

function registerComponents({ openAPIRegistry: registry }: OpenAPIHono<HttpEnv>): void {
  const bearer = { type: 'http', scheme: 'bearer' } as const
  registry.registerComponent('securitySchemes', ACCOUNT_KEY, {
    ...bearer,
    description: `An account's API key (\`pst_...\`). Each operation names the scopes that it needs in \`${SCOPES_FIELD}\`.`,
  })
  registry.registerComponent('securitySchemes', ADMIN_KEY, { ...bearer, description: 'The admin key.' })
  for (const [name, header] of Object.entries(HEADERS)) registry.registerComponent('headers', name, { ...header })
}
