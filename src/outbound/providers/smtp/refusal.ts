/** From a server's refusal to what it means for the message: the one table of replies. */
import type { SendOutcome } from '../../provider.ts'
import type { Reply } from './wire.ts'

/**
 * Where it was said. 'session': before any message (greeting, EHLO, STARTTLS, AUTH): what is wrong is between the server and its
 * operator, who mends it while the mail waits.
 */
export type Step = 'session' | 'sender' | 'recipient' | 'content'

type Refused = Exclude<SendOutcome, { kind: 'delivered' }>

/** Thrown where a reply, or what we find before we ask, decides for all recipients that have no outcome yet. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly outcome: Refused

  constructor(outcome: Refused) {
    super(outcome.detail)
    this.outcome = outcome
  }
}

/** What a reply says that is not the one that was hoped for. */
export function refused(reply: Reply, step: Step): Refused {
  const { code, enhanced, text } = reply
  const isProviders = step === 'session' || step === 'sender' || isAboutServer(reply)
  const detail = text === '' ? `The SMTP server answered ${code}.` : text
  return { kind: kindOf(reply, step), code: enhanced, smtp: code, detail, isProviders }
}

function kindOf({ code, enhanced }: Reply, step: Step): 'temporary' | 'later' | 'permanent' {
  // What is no answer to what was asked (a 2xx for 354) leaves the message unsent, and may be right next time.
  if (code < 500) return 'temporary'
  // A password that was changed must not cost mail.
  if (step === 'session' || code === 530 || code === 535 || code === 538) return 'later'
  // RFC 5321 §4.5.3.1.10: 552 may be an old server's word for too many recipients. RFC 3463 has a full mailbox as 5.2.2.
  if (step === 'recipient' && code === 552 && (enhanced === null || enhanced === '5.5.3')) return 'temporary'
  return 'permanent'
}

/** Its own state (X.3.1, X.3.2 and X.3.5 of RFC 3463), its closing, or that it does not take mail from us: another server may. */
function isAboutServer({ code, enhanced, text }: Reply): boolean {
  if (code === 421 || code === 530 || code === 535 || code === 538) return true
  if (enhanced && /^\d\.3\.[125]$/.test(enhanced)) return true
  return /\brelay(ing)?\b.*\b(denied|not permitted|access)|\bunable to relay\b/i.test(text)
}
