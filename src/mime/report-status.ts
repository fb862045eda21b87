/** The body of message/delivery-status (RFC 3464 §2): a group of fields for the message, then one for each recipient. */
import { decodeHeader } from './encoded-words.ts'
import { parseHeaderBlock } from './headers.ts'
import type { HeaderField } from './message.ts'
import { type ReportedAction, type ReportedRecipient, reportText } from './report.ts'
import { codesOf } from './report-codes.ts'
import { clip, headerLine } from './storable.ts'

/** Recipients of one report: what one call of ours may have. */
export const REPORTED_MAX = 100
/** Of a server's words. */
export const REPORT_TEXT_CHARS_MAX = 500

const ACTIONS: ReadonlyMap<string, ReportedAction> = new Map(
  (['failed', 'delayed', 'delivered', 'relayed', 'expanded'] as const).map((action) => [action, action]),
)

export function readStatus(bytes: Uint8Array): ReportedRecipient[] {
  return groupsOf(bytes)
    .map(recipientOf)
    .filter((one) => one !== null)
    .slice(0, REPORTED_MAX)
}

/** Fields in groups, between which empty lines stand. */
export function groupsOf(bytes: Uint8Array): HeaderField[][] {
  const groups: HeaderField[][] = []
  for (let at = 0; at < bytes.length && groups.length <= REPORTED_MAX; ) {
    const { fields, end } = parseHeaderBlock(bytes, at)
    if (fields.length > 0) groups.push(fields)
    at = Math.max(end, at + 1)
  }
  return groups
}

function recipientOf(fields: HeaderField[]): ReportedRecipient | null {
  const value = (key: string) => {
    const raw = fields.find((field) => field.key === key)?.raw
    return raw === undefined ? null : textOf(raw)
  }
  const final = addressOf(value('final-recipient'))
  const original = addressOf(value('original-recipient'))
  // An X.400 address or a mailbox's own name is of no use to anybody outside: the address that was written to is.
  const address = final ?? original ?? addressOf(value('x-actual-recipient'))
  if (address === null) return null
  const status = codesOf(value('status') ?? '').code
  const said = withoutType(value('diagnostic-code') ?? value('x-diagnostic-code'))
  const codes = codesOf(said ?? '')
  const action = ACTIONS.get((value('action') ?? '').trim().toLowerCase().split(/[ (]/)[0] ?? '')
  const code = isVague(status) ? (codes.code ?? status) : status
  return {
    address,
    originalAddress: original,
    action: action ?? actionOf(code),
    smtp: codes.smtp,
    code,
    text: said,
  }
}

function textOf(raw: string): string {
  return headerLine(decodeHeader(reportText(Uint8Array.from(raw, (character) => character.charCodeAt(0))))).trim()
}

/** 'rfc822; ann@example.org', with what servers make of it: no type, angle brackets, a comment. */
function addressOf(value: string | null): string | null {
  if (value === null) return null
  const plain = value.replace(/^[a-z0-9-]{1,30}[ \t]*;[ \t]*/i, '')
  const found = /<?("[^"]{1,64}"@[^\s<>()]{1,255}|[^\s<>();:,]{1,64}@[^\s<>();,]{1,255})>?/.exec(plain)?.[1]
  return found ?? null
}

function withoutType(value: string | null): string | null {
  const text = value?.replace(/^[a-z0-9-]{1,30}[ \t]*;[ \t]*/i, '') ?? ''
  return text === '' ? null : clip(text, REPORT_TEXT_CHARS_MAX)
}

// 5.0.0 says no more than that it failed; what the remote server said may.
function isVague(status: string | null): boolean {
  return status === null || /^[245]\.0\.0$/.test(status)
}

function actionOf(code: string | null): ReportedAction {
  if (code?.startsWith('2.')) return 'delivered'
  return code?.startsWith('4.') ? 'delayed' : 'failed'
}
