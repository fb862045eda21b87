/**
 * A stranger's program: what a mail client does in its first minutes, written against nothing but the generated types.
 * It prints a line for each step, and fails where an answer is not what the description says.
 */
import assert from 'node:assert/strict'
import createClient from 'openapi-fetch'
import type { components, paths } from './api.ts'

type Problem = components['schemas']['Problem']

const [baseUrl = '', key = ''] = process.argv.slice(2)
const postern = createClient<paths, `application/${string}`>({ baseUrl, headers: { authorization: `Bearer ${key}` } })

const RAW = [
  'From: Ada <ada@example.com>',
  'To: demo@postern.test',
  'Subject: The orchard on Thursday',
  'Message-ID: <orchard-tour@example.com>',
  'Date: Thu, 05 Nov 2026 10:00:00 +0000',
  '',
  'The quince trees are in bloom.',
  '',
].join('\r\n')

/** The answer of a call that worked; a program that meets a problem ends with its words. */
async function orThrow<Data>(call: Promise<{ data?: Data; error?: Problem; response: Response }>): Promise<Data> {
  const { data, error, response } = await call
  if (error) throw new Error(`${response.status} ${error.code}: ${error.detail}`)
  assert(data !== undefined)
  return data
}

function step(words: string): void {
  console.log(words)
}

const { account, state } = await orThrow(postern.GET('/v1/me'))
assert.match(account.id, /^acc_/)
step('me')

const { data: mailboxes } = await orThrow(postern.GET('/v1/mailboxes'))
const inbox = mailboxes.find(({ role }) => role === 'inbox')
assert(inbox)
step('mailboxes')

const imported = await orThrow(
  postern.POST('/v1/messages/import', {
    params: { query: { mailbox: inbox.id, unread: true, keywords: 'tour' } },
    headers: { 'content-type': 'message/rfc822' },
    body: RAW,
    bodySerializer: (raw) => raw,
  }),
)
assert.deepEqual(imported.mailbox_ids, [inbox.id])
step('import')

const { data: found } = await orThrow(postern.GET('/v1/messages', { params: { query: { q: 'quince is:unread' } } }))
assert.deepEqual(
  found.map(({ id, subject }) => ({ id, subject })),
  [{ id: imported.id, subject: 'The orchard on Thursday' }],
)
const path = { id: imported.id }
const message = await orThrow(postern.GET('/v1/messages/{id}', { params: { path } }))
assert.match(message.text ?? '', /in bloom/)
assert.equal(message.from?.address, 'ada@example.com')
step('search and read')

const labelled = await orThrow(
  postern.PATCH('/v1/messages/{id}', { params: { path }, body: { keywords: { add: ['orchard'], remove: ['tour'] } } }),
)
assert.deepEqual(labelled?.keywords, ['orchard'])
step('label')

const made = await orThrow(postern.POST('/v1/mailboxes', { body: { name: 'Orchard', parent_id: null } }))
const moved = await orThrow(postern.POST('/v1/messages/{id}/move', { params: { path }, body: { mailbox_id: made.id } }))
assert.deepEqual(moved.mailbox_ids, [made.id])
step('make a mailbox and move')

const batch = await orThrow(
  postern.POST('/v1/messages/batch', { body: { ids: [imported.id, 'msg_zzz'], unread: false, flagged: true } }),
)
assert.deepEqual(batch, { changed: [imported.id], deleted: [], not_found: ['msg_zzz'] })
step('batch')

const self = 'demo@postern.test'
const sent = await orThrow(
  postern.POST('/v1/messages/{id}/reply', {
    params: { path, header: { 'Idempotency-Key': 'tour-1' } },
    body: { from: self, to: [{ name: 'Demo', address: self }], text: 'On Thursday, then.' },
  }),
)
assert.deepEqual(
  sent.recipients.map(({ address }) => address),
  [self],
)
step('reply')

const changes = await orThrow(postern.GET('/v1/changes', { params: { query: { since: state } } }))
const changed = changes.data.map(({ id }) => id)
assert(changed.includes(imported.id) && changed.includes(sent.message ?? ''))
assert.notEqual(changes.state, state)
step('changes')

const { error, response } = await postern.GET('/v1/messages/{id}', { params: { path: { id: 'msg_zzz' } } })
assert.equal(response.status, 404)
assert.equal(error?.code, 'not-found')
step('a problem')
