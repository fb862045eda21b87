/**
 * What a webhook is sent: the event with its ids, and what it is about in the API's own views, made afresh at each attempt, so that
 * links hold and nothing is told that has been destroyed since.
 */
import { z } from '@hono/zod-openapi'
import type { Deps } from '../../deps.ts'
import type { PosternEvent } from '../../events.ts'
import { readHeld } from '../../junk/quarantine.ts'
import { readContent, readMessage } from '../../mailbox/read.ts'
import { whole } from '../../mailbox/reader.ts'
import type { StoredEvent } from '../../notify/events.ts'
import { PAYLOAD_BYTES_MAX, type Payload } from '../../notify/payload.ts'
import { getSubmission } from '../../outbound/submission.ts'
import { dataOf, formatEventId } from './event-view.ts'
import { heldSummary, renderHeldSummary } from './held-view.ts'
import { showMessage } from './message-shown.ts'
import { message, renderMessage, renderReport, spamReport } from './message-view.ts'
import { cutContent } from './payload-cut.ts'
import { formatTime } from './schemas.ts'
import { renderSubmission, submission } from './submission-view.ts'

/** Of a payload beside its content: ids, of which a move tells up to 500. */
const FRAME_BYTES_MAX = 16_384

/** A message as a webhook is told of it: without its HTML and its header fields. */
const messageContent = message
  .omit({ html: true, blocked_remote: true, headers: true, headers_truncated: true })
  .nullable()
  .openapi('MessageContent', { description: 'The message as it is now; null where it is gone.' })

const heldContent = z
  .union([heldSummary.extend({ spam: spamReport }).openapi('HeldContent'), z.null()])
  .openapi({ description: 'What is held back; null where it is not held any more.' })

const submissionContent = z
  .union([submission, z.null()])
  .openapi({ description: 'The submission as it is now; null where it is gone.' })

/** What kinds of events carry besides their ids. */
export const eventContent = { message: messageContent, held: heldContent, submission: submissionContent }

export async function makePayload(deps: Deps, told: StoredEvent, origin: string): Promise<Payload> {
  const id = formatEventId(told.accountId, told)
  const ids = dataOf(told.event)
  const content = await contentOf(deps, told.accountId, told.event, origin)
  const cut = content && cutContent(content, PAYLOAD_BYTES_MAX - FRAME_BYTES_MAX)
  const body = {
    id,
    type: told.event.type,
    timestamp: formatTime(told.at),
    modseq: told.modseq,
    data: content === undefined ? ids : { ...ids, content: cut?.content ?? null },
    truncated: cut?.truncated ?? [],
  }
  return { id, body: JSON.stringify(body) }
}

/** Undefined: events of this type have none. */
async function contentOf(
  deps: Deps,
  accountId: number,
  event: PosternEvent,
  origin: string,
): Promise<Record<string, unknown> | null | undefined> {
  if ('message' in event) return await messageOf(deps, accountId, event.message, origin)
  if ('held' in event) return await heldOf(deps, accountId, event.held)
  if ('submission' in event) return await submissionOf(deps, accountId, event.submission)
  return undefined
}

async function messageOf(deps: Deps, accountId: number, id: number, origin: string) {
  const detail = await readMessage(deps, whole(accountId), id)
  if (!detail) return null
  const content = await readContent(deps, detail)
  const asked = { accountId, origin, html: false, remote: 'block' as const, allowSpam: false }
  const shown = await showMessage(deps, detail, content.html, asked)
  const {
    html: _html,
    blocked_remote: _remote,
    headers: _headers,
    headers_truncated: _cut,
    ...told
  } = renderMessage(detail, content, shown)
  return told
}

async function heldOf(deps: Deps, accountId: number, id: number) {
  const held = await readHeld(deps, whole(accountId), id)
  return held && { ...renderHeldSummary(held), spam: renderReport(held.report) }
}

async function submissionOf(deps: Deps, accountId: number, id: number) {
  const found = await getSubmission(deps, whole(accountId), id)
  return found && renderSubmission(found)
}
