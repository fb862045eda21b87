/**
 * What a reply quotes and a forward carries on, as text and as HTML. Pure.
 *
 * Invariant: a stranger's HTML goes on only as sanitise.ts writes it, without remote pictures: whoever is sent it would tell the
 * stranger that he reads it. What is written besides is escaped.
 */
import type { Address } from './message.ts'
import { sanitiseHtml } from './sanitise.ts'
import { clip } from './storable.ts'

/** Of a quoted body. What people quote is under 20 KB. */
const QUOTED_CHARS_MAX = 256 * 1024
/** Mailboxes of one field that a header block names. */
const NAMED_MAX = 50
const BLOCK = 'margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex'

export type Original = {
  from: Address[]
  to: Address[]
  cc: Address[]
  subject: string
  /** Epoch milliseconds; null where nobody knows. */
  dateMs: number | null
  text: string | null
  html: string | null
}

/** The pictures that the original's HTML shows: the Content-ID under which each goes on, or null. */
export type Pictures = {
  /** A token that nobody can guess: it stands for `cid:` while the sanitiser looks, which knows no such address. */
  token: string
  idOf(contentId: string): string | null
}

/** The reply's own words, then the original behind '> '. */
export function replyText(own: string, original: Original): string {
  return `${withEnd(own)}\n${attribution(original)}\n${marked(textOf(original))}\n`
}

export function replyHtml(own: string, original: Original, pictures: Pictures): string {
  return [
    own,
    `<div><br>${escaped(attribution(original))}</div>`,
    `<blockquote type="cite" style="${BLOCK}">${htmlOf(original, pictures)}</blockquote>`,
  ].join('\n')
}

/** The sender's own words, then the original below the fields that a reader wants to know. */
export function forwardText(own: string, original: Original): string {
  const lines = fieldsOf(original).map(([name, value]) => `${name}: ${value}`)
  const head = own.trim() === '' ? '' : `${withEnd(own)}\n`
  return `${head}---------- Forwarded message ----------\n${lines.join('\n')}\n\n${textOf(original)}\n`
}

export function forwardHtml(own: string, original: Original, pictures: Pictures): string {
  const lines = fieldsOf(original).map(([name, value]) => `<b>${name}:</b> ${escaped(value)}`)
  return [
    own,
    `<div><br>---------- Forwarded message ----------<br>${lines.join('<br>')}<br><br></div>`,
    `<div>${htmlOf(original, pictures)}</div>`,
  ].join('\n')
}

function attribution({ from, dateMs }: Original): string {
  const who = from.map(displayOf)[0] ?? 'somebody'
  return dateMs === null ? `${who} wrote:` : `On ${dayOf(dateMs)}, ${who} wrote:`
}

function fieldsOf({ from, to, cc, subject, dateMs }: Original): [name: string, value: string][] {
  const list = (addresses: Address[]) => {
    const named = addresses.slice(0, NAMED_MAX).map(displayOf).join(', ')
    return addresses.length > NAMED_MAX ? `${named}, ...` : named
  }
  const all: [string, string][] = [
    ['From', list(from)],
    ['Date', dateMs === null ? '' : dayOf(dateMs)],
    ['Subject', subject],
    ['To', list(to)],
    ['Cc', list(cc)],
  ]
  return all.filter(([, value]) => value !== '')
}

// 'Sun, 1 Mar 2026 12:00 UTC': the server knows nobody's time zone.
function dayOf(ms: number): string {
  const written = new Date(ms).toUTCString()
  return `${written.slice(0, -7)} UTC`
}

function displayOf({ name, address }: Address): string {
  const line = (text: string) => text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
  return name === '' ? line(address) : `${line(name)} <${line(address)}>`
}

function textOf({ text }: Pick<Original, 'text'>): string {
  const body = text ?? ''
  return body.length > QUOTED_CHARS_MAX ? `${clip(body, QUOTED_CHARS_MAX)}\n[...]` : body.trimEnd()
}

// Marks of an earlier reply stand close together (RFC 3676 §4.5).
function marked(text: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' || line.startsWith('>') ? `>${line}` : `> ${line}`))
    .join('\n')
}

function htmlOf({ html, text }: Original, { token, idOf }: Pictures): string {
  if (html === null) return `<div style="white-space:pre-wrap">${escaped(textOf({ text }))}</div>`
  const place = (id: string) => `/${token}/${id}`
  const cid = (contentId: string) => {
    const id = idOf(contentId)
    return id === null ? null : place(id)
  }
  const { html: clean } = sanitiseHtml(clip(html, QUOTED_CHARS_MAX), { remote: 'block', cid })
  return clean.replaceAll(`"${place('')}`, '"cid:')
}

export function escaped(text: string): string {
  const named: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
  return text.replaceAll(/[&<>"']/g, (character) => named[character] ?? character)
}

function withEnd(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`
}
