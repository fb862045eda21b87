/** Reading what a provider has sent: JSON of any shape, in which every field may be missing or something else. */
import { codesOf } from '../../mime/report-codes.ts'
import { clip } from '../../mime/storable.ts'

const TEXT_CHARS_MAX = 1_000
/** Of one call: SendGrid sends a thousand at a time. */
export const EVENTS_MAX = 2_000
/** Recipients of one event. */
export const RECIPIENTS_MAX = 100

export type Json = { readonly [name: string]: unknown }

/** The object, or an empty one. */
export function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

export function list(value: unknown, max: number): unknown[] {
  return Array.isArray(value) ? value.slice(0, max) : []
}

/** Text, or a number as text; null where there is none. */
export function text(value: unknown): string | null {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  return typeof value === 'string' && value !== '' ? clip(value, TEXT_CHARS_MAX) : null
}

/** Epoch seconds of RFC 3339 or of a number of them; 0 where it cannot be read, which record.ts takes for now. */
export function second(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return Math.floor(value)
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(ms) ? 0 : Math.floor(ms / 1000)
}

/** Null where the bytes are no JSON. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes))
  } catch {
    return null
  }
}

/** The words of a remote server with the codes in them; what the provider names itself comes first. */
export function said(detail: string | null, given: { smtp?: unknown; code?: unknown } = {}) {
  const codes = codesOf(detail ?? '')
  const smtp = Number(text(given.smtp) ?? Number.NaN)
  const code = text(given.code)
  return {
    smtp: Number.isInteger(smtp) && smtp >= 200 && smtp <= 599 ? smtp : codes.smtp,
    code: code !== null && /^[245]\.\d{1,3}\.\d{1,3}$/.test(code) ? code : codes.code,
    detail,
  }
}
