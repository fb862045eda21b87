/**
 * The JSON API, put together:
 *
 *   request id -> CORS -> body limit -> route -> authorise, rate limit (authorize.ts) -> Idempotency-Key -> validate ->
 *   one operation of a room -> render
 *
 * Invariants:
 *  - Every route is described in /openapi.json, with who may call it; what is not described does not exist.
 *  - Every error is a problem document (errors.ts). Every request leaves one line in the log, without content.
 */
import { OpenAPIHono } from '@hono/zod-openapi'
import type { Deps } from '../../deps.ts'
import { limitBody } from './body-limits.ts'
import type { HttpEnv } from './context.ts'
import { shareWithOrigins } from './cors.ts'
import { answerError, Problem } from './errors.ts'
import { serveDescription } from './openapi.ts'
import { frameRequest } from './request-log.ts'
import { account } from './routes/account.ts'
import { accounts } from './routes/admin/accounts.ts'
import { addresses } from './routes/admin/addresses.ts'
import { appPasswords } from './routes/admin/app-passwords.ts'
import { audit } from './routes/admin/audit.ts'
import { deadLetters } from './routes/admin/dead-letters.ts'
import { dkimKeys } from './routes/admin/dkim-keys.ts'
import { domains } from './routes/admin/domains.ts'
import { keys as adminKeys } from './routes/admin/keys.ts'
import { lists as serverLists } from './routes/admin/lists.ts'
import { serverSubmissions } from './routes/admin/submissions.ts'
import { usage } from './routes/admin/usage.ts'
import { answers } from './routes/answers.ts'
import { changes } from './routes/changes.ts'
import { drafts } from './routes/drafts.ts'
import { eventStream } from './routes/event-stream.ts'
import { events } from './routes/events.ts'
import { forwarding } from './routes/forwarding.ts'
import { imports } from './routes/import.ts'
import { keys } from './routes/keys.ts'
import { links } from './routes/links.ts'
import { mailboxes } from './routes/mailboxes.ts'
import { me } from './routes/me.ts'
import { messageBytes } from './routes/message-bytes.ts'
import { messageChanges } from './routes/message-changes.ts'
import { messages } from './routes/messages.ts'
import { providerEvents } from './routes/provider-events.ts'
import { quarantine } from './routes/quarantine.ts'
import { reports } from './routes/reports.ts'
import { sends } from './routes/send.ts'
import { server } from './routes/server.ts'
import { spamLessons } from './routes/spam-lessons.ts'
import { spamLists } from './routes/spam-lists.ts'
import { spamModel } from './routes/spam-model.ts'
import { spamSettings } from './routes/spam-settings.ts'
import { submissions } from './routes/submissions.ts'
import { suppressions } from './routes/suppressions.ts'
import { templates } from './routes/templates.ts'
import { threads } from './routes/threads.ts'
import { vacation } from './routes/vacation.ts'
import { webhookDeliveries } from './routes/webhook-deliveries.ts'
import { webhooks } from './routes/webhooks.ts'
import { refuseInvalid } from './validation.ts'

const ACCOUNT_ROUTES = [
  me,
  mailboxes,
  threads,
  imports,
  messages,
  messageChanges,
  messageBytes,
  sends,
  answers,
  drafts,
  templates,
  submissions,
  suppressions,
  changes,
  events,
  eventStream,
  webhooks,
  webhookDeliveries,
  reports,
  quarantine,
  spamLists,
  spamSettings,
  spamModel,
  spamLessons,
  keys,
  forwarding,
  vacation,
  account,
]
const ADMIN_ROUTES = [
  serverSubmissions,
  domains,
  dkimKeys,
  accounts,
  addresses,
  adminKeys,
  appPasswords,
  deadLetters,
  serverLists,
  audit,
  usage,
]

/** Exported for the test that holds its routes against the description. */
export const app = assemble()

export async function handleHttp(request: Request, deps: Deps): Promise<Response> {
  return await app.fetch(request, { deps })
}

function assemble(): OpenAPIHono<HttpEnv> {
  const app = new OpenAPIHono<HttpEnv>({ defaultHook: refuseInvalid })
  app.use('*', frameRequest)
  app.use('*', shareWithOrigins)
  app.use('*', limitBody)
  for (const routes of [server, links, providerEvents, ...ACCOUNT_ROUTES, ...ADMIN_ROUTES]) app.route('/', routes)
  serveDescription(app)
  refuseOtherMethods(app)
  app.notFound((c) => answerError(new Problem('not-found', 'There is nothing at this path.'), c))
  app.onError(answerError)
  return app
}

// Registered after all routes, so it is met only by a method that the path does not have.
function refuseOtherMethods(app: OpenAPIHono<HttpEnv>): void {
  const methods = new Map<string, Set<string>>()
  for (const { method, path } of app.routes) {
    if (method === 'ALL') continue
    const known = methods.get(path) ?? new Set()
    methods.set(path, known.add(method))
    if (method === 'GET') known.add('HEAD')
  }
  for (const [path, known] of methods) {
    const allow = [...known].sort().join(', ')
    app.all(path, () => {
      throw new Problem('method-not-allowed', `This path takes ${allow}.`, { headers: { allow } })
    })
  }
}
