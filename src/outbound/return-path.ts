/**
 * Envelope senders of our own making, at the domain that takes what comes back (`deps.returnDomain`):
 *
 *  - VERP: names the recipient of a submission. A bounce to it says by its envelope alone whose it is.
 *      verp-<account>-<submission>-<n>-<tag>
 *  - SRS: stands for the sender of a forwarded message, whose SPF record does not name us.
 *      SRS0=<tag>=<day>=<domain>=<local part>         a sender as he wrote
 *      SRS1=<tag>=<forwarder>=<his SRS0, without it>  one whom another forwarder has written so already: a bounce goes to that one
 *
 * Nothing is stored: the tag is an HMAC over all the rest, so that nobody else makes or changes such an address. Neither is a
 * secret: who gets the mail can answer it, as long as it holds.
 *
 * Invariants: a local part has at most 64 octets (RFC 5321 §4.5.3.1.1), and is a dot-atom. Case counts nowhere: servers on the way
 * may write it as they like. Text of any kind is opened to null, and never throws.
 */
import { base32, deriveKey, sameSecret } from '../access/secrets.ts'

/** `sender` is '' where nobody is to be told. */
export type ReturnPath =
  | { kind: 'verp'; accountId: number; submissionId: number; n: number }
  | { kind: 'srs'; sender: string }

const LOCAL_PART_CHARS_MAX = 64
/** 80 bits: a forged one would mark somebody's mail as bounced. */
const VERP_TAG_CHARS = 16
/** 40 bits, each guess a message: a forged one would have one bounce sent to a stranger. More would leave less room for the sender. */
const SRS_TAG_CHARS = 8
/** A server tries for five days, and a few may do so one after the other. */
const SRS_DAYS_MAX = 21
/** Two characters of base 32: the day comes round in three years. */
const SRS_DAYS = 32 ** 2
/** Where the clocks of two servers of ours differ. */
const SRS_DAYS_AHEAD = 1
const DAY_MS = 86_400_000

/** Characters that need no quotes in a local part (RFC 5322 §3.2.3). */
const DOT_ATOM = /^[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*$/
const DOMAIN = /^[a-z0-9-]+(\.[a-z0-9-]+)*$/i
const VERP = /^verp-([0-9a-z]{1,11})-([0-9a-z]{1,11})-([0-9a-z]{1,4})-([0-9a-z]{16})$/
const SRS0 = /^srs0[=+-]([^=]{1,64})=([^=]{2})=([^=]{1,64})=(.{1,64})$/i
const SRS1 = /^srs1[=+-]([^=]{1,64})=([^=]{1,64})=(.{1,64})$/i
/** What a forwarder before us calls a sender, of whom we only know that it is he. */
const FOREIGN_SRS0 = /^srs0([=+-].+)$/i
const FOREIGN_SRS1 = /^srs1[=+-][^=]+=([^=]+)=(.+)$/i

/** The address that a bounce about one recipient comes back to. It holds as long as the submission's row does. */
export async function verpAddress(
  root: string,
  domain: string,
  { accountId, submissionId, n }: { accountId: number; submissionId: number; n: number },
): Promise<string> {
  const named = [accountId, submissionId, n].map((number) => number.toString(36)).join('-')
  return `verp-${named}-${await tagOf(root, VERP_TAG_CHARS, 'verp', named)}@${domain}`
}

/**
 * The address of ours that stands for a sender on mail that is forwarded, for three weeks. The null sender stays what it is, and
 * so does an address at `domain`. One that is too long or needs quotes gets an address at which bounces end, since there is no
 * room to name him: the mail goes, and nobody is told.
 */
export async function srsAddress(root: string, domain: string, sender: string, nowMs: number): Promise<string> {
  const at = sender.lastIndexOf('@')
  const [local, host] = [sender.slice(0, at), sender.slice(at + 1)]
  if (sender === '' || host.toLowerCase() === domain.toLowerCase()) return sender
  const written = at < 0 ? null : await srsLocalPart(root, local, host, nowMs)
  if (written && written.length <= LOCAL_PART_CHARS_MAX && DOT_ATOM.test(written) && DOMAIN.test(host))
    return `${written}@${domain}`
  return `SRS0=${await srs0(root, dayOf(nowMs), '', '')}@${domain}`
}

async function srsLocalPart(root: string, local: string, host: string, nowMs: number): Promise<string> {
  const [, forwarder, rest] = FOREIGN_SRS1.exec(local) ?? []
  if (forwarder !== undefined && rest !== undefined) return `SRS1=${await srs1(root, forwarder, rest)}`
  const [, itsOwn] = FOREIGN_SRS0.exec(local) ?? []
  if (itsOwn !== undefined) return `SRS1=${await srs1(root, host, itsOwn)}`
  return `SRS0=${await srs0(root, dayOf(nowMs), host, local)}`
}

/** What an address at the return domain stands for; null where it is none of ours, was changed, or is too old. */
export async function openReturnPath(root: string, localPart: string, nowMs: number): Promise<ReturnPath | null> {
  // Nothing of ours is longer, and nothing longer is worth a look.
  if (localPart.length > LOCAL_PART_CHARS_MAX) return null
  return (
    (await openVerp(root, localPart)) ?? (await openSrs0(root, localPart, nowMs)) ?? (await openSrs1(root, localPart))
  )
}

async function openVerp(root: string, localPart: string): Promise<ReturnPath | null> {
  const [, account, submission, n, tag] = VERP.exec(localPart.toLowerCase()) ?? []
  if (account === undefined || submission === undefined || n === undefined || tag === undefined) return null
  if (!(await sameSecret(tag, await tagOf(root, VERP_TAG_CHARS, 'verp', `${account}-${submission}-${n}`)))) return null
  const [accountId, submissionId, place] = [account, submission, n].map((text) => Number.parseInt(text, 36))
  return { kind: 'verp', accountId: accountId as number, submissionId: submissionId as number, n: place as number }
}

async function openSrs0(root: string, localPart: string, nowMs: number): Promise<ReturnPath | null> {
  const nobody = /^srs0[=+-]([^=]{1,64})=([^=]{2})==$/i.exec(localPart)
  const [, tag, day, host = '', local = ''] = nobody ?? SRS0.exec(localPart) ?? []
  if (tag === undefined || day === undefined) return null
  const expected = await srs0(root, day.toLowerCase(), host, local)
  if (!(await sameSecret(`${tag}=${day}=${host}=${local}`.toLowerCase(), expected.toLowerCase()))) return null
  if (!isRecent(day.toLowerCase(), nowMs)) return null
  return { kind: 'srs', sender: local === '' ? '' : `${local}@${host}` }
}

// It bears no day of its own: the forwarder whose SRS0 it holds says whether that is too old.
async function openSrs1(root: string, localPart: string): Promise<ReturnPath | null> {
  const [, tag, forwarder, rest] = SRS1.exec(localPart) ?? []
  if (tag === undefined || forwarder === undefined || rest === undefined) return null
  const expected = await srs1(root, forwarder, rest)
  if (!(await sameSecret(`${tag}=${forwarder}=${rest}`.toLowerCase(), expected.toLowerCase()))) return null
  return { kind: 'srs', sender: `SRS0${rest}@${forwarder}` }
}

/** What follows SRS0=. */
async function srs0(root: string, day: string, host: string, local: string): Promise<string> {
  return `${await tagOf(root, SRS_TAG_CHARS, 'srs0', day, host, local)}=${day}=${host}=${local}`
}

/** What follows SRS1=. `rest` begins with the separator that the forwarder chose. */
async function srs1(root: string, forwarder: string, rest: string): Promise<string> {
  return `${await tagOf(root, SRS_TAG_CHARS, 'srs1', forwarder, rest)}=${forwarder}=${rest}`
}

/** HMAC-SHA-256 over the parts, in lower case, cut to so many characters of 5 bits. */
async function tagOf(root: string, chars: number, ...parts: string[]): Promise<string> {
  const key = await deriveKey(root, 'return-path')
  // JSON keeps the parts apart: no two lists of them are one text.
  const text = new TextEncoder().encode(JSON.stringify(parts.map((part) => part.toLowerCase())))
  return base32(new Uint8Array(await crypto.subtle.sign('HMAC', key, text))).slice(0, chars)
}

function dayOf(nowMs: number): string {
  const day = Math.floor(nowMs / DAY_MS) % SRS_DAYS
  return base32(Uint8Array.of(day >> 2, (day & 3) << 6)).slice(0, 2)
}

function isRecent(day: string, nowMs: number): boolean {
  for (let ago = -SRS_DAYS_AHEAD; ago <= SRS_DAYS_MAX; ago++) {
    if (dayOf(nowMs - ago * DAY_MS) === day) return true
  }
  return false
}
