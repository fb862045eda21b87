/**
 * What is known about who sent a message. Stored with it, shown by the API, and read by spam/.
 *
 * 'unknown' means that nobody trustworthy looked, and never counts against or for a sender. 'none' means that somebody
 * looked and the sender publishes nothing.
 */
export type AuthResult =
  | 'pass'
  | 'fail'
  | 'softfail'
  | 'neutral'
  | 'none'
  | 'policy'
  | 'temperror'
  | 'permerror'
  | 'unknown'

/** Who found it: Cloudflare, by its own header block; this server's own check; or nobody. */
export type Checker = 'cloudflare' | 'postern' | null

/**
 * What one finding carries besides its result. Both are absent in what was stored before they were known: then whatever is
 * not unknown is Cloudflare's (evidence.ts).
 */
type Found = {
  result: AuthResult
  domain: string | null
  by?: Checker
  /** Why it is not a pass, in a few words for people; null where there is nothing to say. */
  reason?: string | null
}

export type SpfVerdict = Found
export type DkimVerdict = Found & { selector: string | null }
export type DmarcVerdict = Found & { policy: string | null }

export type SenderVerdict = {
  /**
   * Where the results come from: Cloudflare's own header block; this server's own checks alone, where there is no such block
   * or a forged one; this server, which took the message from a sender that it had authenticated and whose From it had
   * checked; or nowhere. Where the block says nothing of SPF, DKIM or DMARC, own checks fill it in: `by` of each tells.
   */
  source: 'cloudflare' | 'postern' | 'local' | 'none'
  /**
   * Whether the block's ARC set verifies with Cloudflare's key. 'unknown' where there is no block, or where DNS could not be
   * asked for the key and no earlier one is remembered; also where the set verifies and the message is not what it was, and
   * only what speaks against the sender is kept. After 'fail' nothing of the block stands here.
   */
  seal: 'pass' | 'fail' | 'unknown'
  /** Of MAIL FROM; of the HELO name where the envelope sender is empty. */
  spf: SpfVerdict
  /** One for each signature, passes first. */
  dkim: DkimVerdict[]
  /** `domain` is that of From; `policy` the one that its owner publishes for it. */
  dmarc: DmarcVerdict
  /** The chain of those who handed the message on, before Cloudflare. Absent in what was stored before it was known. */
  arc?: { result: AuthResult; by: Checker }
  /** The client as Email Routing saw it; null where nothing that may be believed names it. */
  client: { ip: string | null; helo: string | null }
  /** X-CF-SpamH-Score: 0 and 1 are normal, 3 and more bad. */
  cloudflareSpamScore: number | null
}
