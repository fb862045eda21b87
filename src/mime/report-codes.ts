/**
 * What a server's words about a recipient mean: the codes in them, and whether they speak of the address itself.
 *
 * Only the latter is a reason not to write to somebody again. "Your message looks like spam", a full mailbox and a lost route
 * are failures of a message or of a day, whatever class their code has.
 */
/** A server's reply has a few lines. */
const SEARCHED_CHARS_MAX = 16 * 1024
const ENHANCED = /(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)/g
const REPLY = /(?<![\d.:/-])([45]\d\d|250)(?=[ \-:#]|$)(?! ?(?:day|hour|minute|second|byte|KB|MB))/i

/** RFC 3463 §3: bad mailbox, bad domain, bad syntax, moved, null MX (RFC 7505), and a mailbox that is disabled. */
const ADDRESS_CODES = new Set(['5.1.1', '5.1.2', '5.1.3', '5.1.6', '5.1.10', '5.2.1'])
/** Codes that say nothing of their own, or are used for unknown recipients against their meaning: the words decide. */
const VAGUE_CODE = /^5\.(?:0\.\d+|1\.0|2\.0|3\.0|4\.1|4\.4|5\.0|7\.0)$/
const ADDRESS_WORDS =
  /\b(?:(?:user|recipient|mailbox|account|address|addressee|alias|local part)\b[^.;\n]{0,60}\b(?:unknown|not found|not exist|invalid|disabled|inactive|suspended|unavailable|not recogni[sz]ed|no longer)|(?:unknown|no such|invalid|bad|inactive|non-?existent|unrouteable) (?:local |virtual |final delivery |destination )?(?:user|recipient|mailbox|account|address|person|alias|userid)|no mailbox (?:here )?by that name|(?:does ?n[o']t|doesn.t|do not) (?:exist|have a[^.\n]{0,40}account)|not a (?:known|valid) (?:user|recipient|mailbox)|not listed in|couldn.t find any host|host unknown|unknown host|domain (?:not found|does not exist)|recipient address rejected: access denied|null ?mx|no mx record|user unknown|name is not recogni[sz]ed|account is disabled|user doesn't have)/i
const PASSING_WORDS = /\b(?:timed? ?out|connection (?:refused|reset|lost)|lost connection|later|delayed|not reachable)/i
/** They name the address too, and mean something else. */
const OTHER_WORDS =
  /\b(?:quota|full|over ?size|too (?:large|big|many)|spam|blocked|spamhaus|[dr]n?s?bl\b|badrcptto|black-?list|black list|block list|policy|reputation|greylist|gr[ae]y-?list|temporar|try again|spf|dkim|dmarc|sender (?:address|domain|verify)|relay(?:ing)? (?:access )?denied|rate limit)/i

export type Codes = { smtp: number | null; code: string | null }

/** The first codes in a text; an enhanced one that says nothing gives way to a later one that does. */
export function codesOf(text: string): Codes {
  const reply = REPLY.exec(text)
  const enhanced = [...text.slice(0, SEARCHED_CHARS_MAX).matchAll(ENHANCED)].map(([code]) => code)
  const code = enhanced.find((one) => !/^[245]\.[01]\.0$/.test(one)) ?? enhanced[0] ?? null
  return { smtp: reply ? Number(reply[1]) : null, code }
}

export type Failed = Codes & { text: string | null }

/** Whether a failure is for good: what is tried again would fail again. Unknown (null) where nothing says so. */
export function isForGood({ smtp, code, text }: Failed): boolean | null {
  if (code !== null) return code.startsWith('5.')
  if (smtp !== null) return smtp >= 500
  if (text === null) return null
  if (OTHER_WORDS.test(text) || PASSING_WORDS.test(text)) return false
  return ADDRESS_WORDS.test(text) ? true : null
}

/** Whether it says that there is no such mailbox, so that nothing written to it will ever arrive. */
export function speaksOfAddress(failed: Failed): boolean {
  const { smtp, code, text } = failed
  if (isForGood(failed) === false) return false
  if (text !== null && OTHER_WORDS.test(text)) return false
  if (code !== null && ADDRESS_CODES.has(code)) return true
  if (code !== null && !VAGUE_CODE.test(code)) return false
  // 552 and 554 are for full mailboxes and for messages that somebody does not like (RFC 5321 §4.2.3).
  if (smtp !== null && smtp === 552) return false
  return text !== null && ADDRESS_WORDS.test(text)
}

/** Whether the words name another reason than the address. */
export function isAboutSomethingElse(text: string): boolean {
  return OTHER_WORDS.test(text)
}
