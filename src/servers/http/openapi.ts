/** The API's description (OpenAPI 3.1), generated from the schemas that validate. */
import type { OpenAPIHono } from '@hono/zod-openapi'
import { ACCOUNT_KEY, ADMIN_KEY } from './authorize.ts'
import type { HttpEnv } from './context.ts'

const INFO = {
  title: 'Postern',
  version: '1',
  description:
    'The mail server over HTTP. Lists come in pages (`data`, `has_more`, `next_cursor`); errors are problem documents (RFC 9457) with a `code` of a closed set; times are RFC 3339 in UTC.',
  license: { name: 'MIT', identifier: 'MIT' },
}

const TAGS = [
  { name: 'Server', description: 'The server itself; no key.' },
  { name: 'Account', description: 'The account that a key belongs to.' },
  { name: 'Mailboxes', description: 'Where messages stand.' },
  { name: 'Messages', description: 'Listing, searching and reading mail.' },
  { name: 'Changes', description: 'Keeping a copy up to date.' },
  { name: 'Allow and block lists', description: 'Senders that are always or never junk.' },
  { name: 'Keys', description: 'API keys of the account.' },
  { name: 'Admin', description: 'Domains, accounts, addresses, keys. The admin key reads no mail.' },
]

type Description = ReturnType<OpenAPIHono['getOpenAPI31Document']>
let generated: Description | undefined

/** Generated once in the Worker's life: it is the same for every request. */
export function describeApi(app: OpenAPIHono<HttpEnv>): Description {
  generated ??= app.getOpenAPI31Document({ openapi: '3.1.0', info: INFO, servers: [{ url: '/' }], tags: TAGS })
  return generated
}

export function registerSecurity(app: OpenAPIHono<HttpEnv>): void {
  const bearer = { type: 'http', scheme: 'bearer' } as const
  app.openAPIRegistry.registerComponent('securitySchemes', ACCOUNT_KEY, {
    ...bearer,
    description: "An account's API key (`pst_...`). Each operation names the scope that it needs.",
  })
  app.openAPIRegistry.registerComponent('securitySchemes', ADMIN_KEY, { ...bearer, description: 'The admin key.' })
}
