/** How each operation is called so that its owner succeeds, for strangers.test.ts to call it as everyone else. */
import { plainMessage } from '../../helpers/world.ts'
import { EVENT_CALLS, type EventIds } from './strangers-events.ts'
import { SENDING_CALLS, type SendingIds } from './strangers-sending.ts'
import { SPAM_CALLS, type SpamIds } from './strangers-spam.ts'

/** Ids of one account (or of the server), by what they name. */
export type Ids = SendingIds &
  SpamIds &
  EventIds & {
    thread: string
    mailbox: string
    spare: string
    key: string
    part: string
  }
export type ServerIds = {
  account: string
  domain: string
  signing: string
  dkim: string
  spareDkim: string
  address: string
  key: string
  app: string
  entry: string
  dead: string
  doomed: string
  stuck: string
  passed: string
}

/** `raw` is a message as a body, instead of JSON. */
export type AccountCall = {
  path(ids: Ids): string
  json?: unknown | ((ids: Ids) => unknown)
  raw?: string
  /** Of `raw`; message/rfc822 where none is named. */
  type?: string
  status: number
  foreign: boolean
}
export type AdminCall = { path(ids: ServerIds): string; json?: (ids: ServerIds) => unknown; status: number }

/** How each operation is called so that its owner succeeds. `foreign`: the path holds ids that others do not own. */
export const ACCOUNT_CALLS: Record<string, AccountCall[]> = {
  'get /v1/me': [{ path: () => '/v1/me', status: 200, foreign: false }],
  'get /v1/mailboxes': [{ path: () => '/v1/mailboxes', status: 200, foreign: false }],
  'post /v1/mailboxes': [{ path: () => '/v1/mailboxes', json: { name: 'posted' }, status: 201, foreign: false }],
  'get /v1/mailboxes/{id}': [{ path: ({ mailbox }) => `/v1/mailboxes/${mailbox}`, status: 200, foreign: true }],
  'patch /v1/mailboxes/{id}': [
    { path: ({ spare }) => `/v1/mailboxes/${spare}`, json: { name: 'patched' }, status: 200, foreign: true },
  ],
  'delete /v1/mailboxes/{id}': [{ path: ({ spare }) => `/v1/mailboxes/${spare}`, status: 204, foreign: true }],
  'get /v1/threads': [
    { path: () => '/v1/threads', status: 200, foreign: false },
    { path: ({ mailbox }) => `/v1/threads?mailbox=${mailbox}`, status: 200, foreign: true },
  ],
  'get /v1/threads/{id}': [{ path: ({ thread }) => `/v1/threads/${thread}`, status: 200, foreign: true }],
  'get /v1/messages': [
    { path: () => '/v1/messages', status: 200, foreign: false },
    { path: ({ mailbox }) => `/v1/messages?mailbox=${mailbox}`, status: 200, foreign: true },
    { path: ({ mailbox }) => `/v1/messages?mailbox=${mailbox}&q=word`, status: 200, foreign: true },
    { path: ({ thread }) => `/v1/messages?thread=${thread}`, status: 200, foreign: true },
  ],
  'get /v1/messages/{id}': [
    { path: ({ message }) => `/v1/messages/${message}`, status: 200, foreign: true },
    { path: ({ message }) => `/v1/messages/${message}?format=agent`, status: 200, foreign: true },
  ],
  'get /v1/messages/{id}/raw': [{ path: ({ message }) => `/v1/messages/${message}/raw`, status: 200, foreign: true }],
  'get /v1/messages/{id}/attachments/{part}': [
    {
      path: ({ message, part }) => `/v1/messages/${message}/attachments/${part}?allow_spam=true`,
      status: 200,
      foreign: true,
    },
  ],
  'patch /v1/messages/{id}': [
    { path: ({ message }) => `/v1/messages/${message}`, json: { flagged: true }, status: 200, foreign: true },
  ],
  'delete /v1/messages/{id}': [{ path: ({ message }) => `/v1/messages/${message}`, status: 204, foreign: true }],
  'post /v1/messages/batch': [
    { path: () => '/v1/messages/batch', json: { ids: ['msg_1'], unread: false }, status: 200, foreign: false },
  ],
  'post /v1/messages/{id}/move': [
    {
      path: ({ message }) => `/v1/messages/${message}/move`,
      json: ({ mailbox }: Ids) => ({ mailbox_id: mailbox }),
      status: 200,
      foreign: true,
    },
  ],
  'post /v1/messages/{id}/copy': [
    {
      path: ({ message }) => `/v1/messages/${message}/copy`,
      json: ({ mailbox }: Ids) => ({ mailbox_id: mailbox }),
      status: 200,
      foreign: true,
    },
  ],
  'post /v1/messages/import': [
    { path: () => '/v1/messages/import', raw: plainMessage(), status: 201, foreign: false },
    {
      path: ({ mailbox }) => `/v1/messages/import?mailbox=${mailbox}`,
      raw: plainMessage(),
      status: 201,
      foreign: true,
    },
  ],
  ...SENDING_CALLS,
  ...EVENT_CALLS,
  'get /v1/changes': [{ path: () => '/v1/changes', status: 200, foreign: false }],
  ...SPAM_CALLS,
  'get /v1/keys': [{ path: () => '/v1/keys', status: 200, foreign: false }],
  'post /v1/keys': [
    { path: () => '/v1/keys', json: { name: 'new', scopes: ['settings'] }, status: 201, foreign: false },
  ],
  'delete /v1/keys/{id}': [{ path: ({ key }) => `/v1/keys/${key}`, status: 204, foreign: true }],
  'get /v1/forwarding': [{ path: () => '/v1/forwarding', status: 200, foreign: false }],
  'put /v1/forwarding': [
    { path: () => '/v1/forwarding', json: { targets: ['on@elsewhere.example'] }, status: 200, foreign: false },
  ],
  'get /v1/vacation': [{ path: () => '/v1/vacation', status: 200, foreign: false }],
  'put /v1/vacation': [{ path: () => '/v1/vacation', json: { enabled: true }, status: 200, foreign: false }],
  'get /v1/usage': [{ path: () => '/v1/usage', status: 200, foreign: false }],
  'get /v1/audit': [{ path: () => '/v1/audit', status: 200, foreign: false }],
}

export const ADMIN_CALLS: Record<string, AdminCall> = {
  'get /v1/admin/domains': { path: () => '/v1/admin/domains', status: 200 },
  'post /v1/admin/domains': { path: () => '/v1/admin/domains', json: () => ({ name: 'posted.example' }), status: 201 },
  'get /v1/admin/domains/{id}': { path: ({ domain }) => `/v1/admin/domains/${domain}`, status: 200 },
  'patch /v1/admin/domains/{id}': {
    path: ({ domain }) => `/v1/admin/domains/${domain}`,
    json: () => ({ providers: ['ses'] }),
    status: 200,
  },
  'delete /v1/admin/domains/{id}': { path: ({ domain }) => `/v1/admin/domains/${domain}`, status: 204 },
  'get /v1/admin/domains/{id}/dkim-keys': {
    path: ({ signing }) => `/v1/admin/domains/${signing}/dkim-keys`,
    status: 200,
  },
  'post /v1/admin/domains/{id}/dkim-keys': {
    path: ({ signing }) => `/v1/admin/domains/${signing}/dkim-keys`,
    json: () => ({ algorithm: 'ed25519-sha256', selector: 'posted' }),
    status: 201,
  },
  'get /v1/admin/dkim-keys/{id}': { path: ({ dkim }) => `/v1/admin/dkim-keys/${dkim}`, status: 200 },
  'post /v1/admin/dkim-keys/{id}/check': { path: ({ dkim }) => `/v1/admin/dkim-keys/${dkim}/check`, status: 200 },
  'post /v1/admin/dkim-keys/{id}/activate': {
    path: ({ dkim }) => `/v1/admin/dkim-keys/${dkim}/activate`,
    // The test's DNS does not answer.
    status: 503,
  },
  'post /v1/admin/dkim-keys/{id}/retire': { path: ({ dkim }) => `/v1/admin/dkim-keys/${dkim}/retire`, status: 409 },
  'delete /v1/admin/dkim-keys/{id}': { path: ({ spareDkim }) => `/v1/admin/dkim-keys/${spareDkim}`, status: 204 },
  'get /v1/admin/accounts': { path: () => '/v1/admin/accounts', status: 200 },
  'post /v1/admin/accounts': { path: () => '/v1/admin/accounts', json: () => ({ name: 'posted' }), status: 201 },
  'get /v1/admin/accounts/{id}': { path: ({ account }) => `/v1/admin/accounts/${account}`, status: 200 },
  'patch /v1/admin/accounts/{id}': {
    path: ({ account }) => `/v1/admin/accounts/${account}`,
    json: () => ({ name: 'patched' }),
    status: 200,
  },
  'get /v1/admin/accounts/{id}/usage': { path: ({ account }) => `/v1/admin/accounts/${account}/usage`, status: 200 },
  'delete /v1/admin/accounts/{id}': { path: ({ doomed }) => `/v1/admin/accounts/${doomed}`, status: 204 },
  'get /v1/admin/addresses': { path: () => '/v1/admin/addresses', status: 200 },
  'post /v1/admin/addresses': {
    path: () => '/v1/admin/addresses',
    json: ({ account }) => ({ address: 'posted@a.example', account_id: account }),
    status: 201,
  },
  'get /v1/admin/addresses/{id}': { path: ({ address }) => `/v1/admin/addresses/${address}`, status: 200 },
  'patch /v1/admin/addresses/{id}': {
    path: ({ address }) => `/v1/admin/addresses/${address}`,
    json: () => ({ enabled: true }),
    status: 200,
  },
  'delete /v1/admin/addresses/{id}': { path: ({ address }) => `/v1/admin/addresses/${address}`, status: 204 },
  'get /v1/admin/keys': { path: () => '/v1/admin/keys', status: 200 },
  'post /v1/admin/keys': {
    path: () => '/v1/admin/keys',
    json: ({ account }) => ({ account_id: account, name: 'posted', scopes: ['mail:read'] }),
    status: 201,
  },
  'delete /v1/admin/keys/{id}': { path: ({ key }) => `/v1/admin/keys/${key}`, status: 204 },
  'get /v1/admin/app-passwords': { path: () => '/v1/admin/app-passwords', status: 200 },
  'post /v1/admin/app-passwords': {
    path: () => '/v1/admin/app-passwords',
    json: ({ account }) => ({ account_id: account, name: 'posted' }),
    status: 201,
  },
  'delete /v1/admin/app-passwords/{id}': { path: ({ app }) => `/v1/admin/app-passwords/${app}`, status: 204 },
  'get /v1/admin/dead-letters': { path: () => '/v1/admin/dead-letters', status: 200 },
  'get /v1/admin/dead-letters/{id}': { path: ({ dead }) => `/v1/admin/dead-letters/${dead}`, status: 200 },
  'post /v1/admin/dead-letters/{id}/retry': {
    path: ({ stuck }) => `/v1/admin/dead-letters/${stuck}/retry`,
    status: 204,
  },
  'delete /v1/admin/dead-letters/{id}': { path: ({ dead }) => `/v1/admin/dead-letters/${dead}`, status: 204 },
  'get /v1/admin/usage': { path: () => '/v1/admin/usage', status: 200 },
  'get /v1/admin/audit': { path: () => '/v1/admin/audit', status: 200 },
  'get /v1/admin/submissions': { path: () => '/v1/admin/submissions', status: 200 },
  'get /v1/admin/submissions/{id}': { path: ({ passed }) => `/v1/admin/submissions/${passed}`, status: 200 },
  'get /v1/admin/lists': { path: () => '/v1/admin/lists', status: 200 },
  'post /v1/admin/lists': {
    path: () => '/v1/admin/lists',
    json: () => ({ entry: 'two@lists.example', list: 'allow' }),
    status: 201,
  },
  'delete /v1/admin/lists/{id}': { path: ({ entry }) => `/v1/admin/lists/${entry}`, status: 204 },
}
