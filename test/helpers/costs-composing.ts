/** What composing costs: drafts, forwards and batches, for costs.ts. */
import { isFailure } from '../../src/errors.ts'
import { whole } from '../../src/mailbox/reader.ts'
import { changeDraft, createDraft, sendDraft } from '../../src/outbound/drafts.ts'
import { forwardMessage } from '../../src/outbound/forward-message.ts'
import { sendBatch } from '../../src/outbound/send-batch.ts'
import type { NewMail } from '../../src/outbound/send-message.ts'
import type { Operation, Setup } from './costs.ts'
import { plainMessage, receiveRaw } from './world.ts'

export const COMPOSING: Operation[] = [
  {
    name: 'make a draft',
    read: 60,
    written: 20,
    run: ({ world, box }) => createDraft(world.deps, whole(box.accountId), mailFor(box.size), crypto.randomUUID()),
  },
  {
    name: 'change a draft',
    read: 90,
    written: 34,
    prepare: draftOf,
    run: ({ world, box }, id) => changeDraft(world.deps, whole(box.accountId), id, { text: 'Changed.' }, null),
  },
  {
    name: 'send a draft to one recipient',
    read: 110,
    written: 44,
    prepare: draftOf,
    run: ({ world, box }, id) => sendDraft(world.deps, whole(box.accountId), id, null),
  },
  {
    name: 'forward a message',
    read: 80,
    written: 34,
    prepare: async ({ world, box }) => {
      const filed = await receiveRaw(world, `demo@size${box.size}.test`, plainMessage(), { source: 'local' })
      if (filed.kind !== 'filed') throw new Error(filed.kind)
      return filed.id
    },
    run: ({ world, box }, id) => {
      const { to, cc, bcc, from, text, html, attachments } = mailFor(box.size)
      const wanted = { to, cc, bcc, from, text, html, attachments, as: 'inline' as const, withAttachments: true }
      return forwardMessage(world.deps, whole(box.accountId), id, wanted, null)
    },
  },
  {
    name: 'send a batch of ten',
    read: 600,
    written: 260,
    run: ({ world, box }) => {
      const item = { mail: mailFor(box.size), request: null }
      return sendBatch(
        world.deps,
        whole(box.accountId),
        Array.from({ length: 10 }, () => item),
      )
    },
  },
]

function mailFor(size: number): NewMail {
  const to = [{ name: '', address: `demo@size${size}.test` }]
  const none = { from: null, cc: [], bcc: [], replyTo: [], headers: [], attachments: [], template: null }
  return { ...none, to, subject: 'Own', text: 'Own.', html: null }
}

async function draftOf({ world, box }: Setup): Promise<number> {
  const made = await createDraft(world.deps, whole(box.accountId), mailFor(box.size), crypto.randomUUID())
  if (isFailure(made)) throw new Error(made.detail)
  return made.row.id
}
