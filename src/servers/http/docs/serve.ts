/** GET /docs: the reference, made once in the Worker's life, under a policy that admits its own style and nothing else. */
import { type OpenAPIHono, z } from '@hono/zod-openapi'
import type { HttpEnv } from '../context.ts'
import { publicProblems } from '../responses.ts'
import { defineRoute } from '../route.ts'
import type { Description } from './description.ts'
import { renderReference } from './page.ts'
import { STYLE } from './style.ts'

const route = defineRoute({
  method: 'get',
  path: '/docs',
  operationId: 'getReference',
  tags: ['Server'],
  summary: 'The reference, for people',
  description: 'A page made from this description. It runs no script and loads nothing. Takes no key.',
  security: [],
  responses: {
    200: { description: 'The page.', content: { 'text/html': { schema: z.string() } } },
    ...publicProblems(),
  },
})

type Page = { html: string; policy: string }
let made: Promise<Page> | undefined

export function serveReference(app: OpenAPIHono<HttpEnv>, describe: () => unknown): void {
  app.openapi(route, async (c) => {
    made ??= makePage(describe() as Description)
    const { html, policy } = await made
    return c.html(html, 200, { 'content-security-policy': policy })
  })
}

async function makePage(description: Description): Promise<Page> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(STYLE))
  const hash = btoa(String.fromCharCode(...new Uint8Array(digest)))
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
  return { html: renderReference(description), policy }
}
