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

export type SenderVerdict = {
  /**
   * Where the results come from: Cloudflare's own header block; this server, which took the message from a sender that it had
   * authenticated and whose From it had checked; or nowhere.
   */
  source: 'cloudflare' | 'local' | 'none'
  /** Whether the block's ARC set verifies with Cloudflare's key. 'unknown' until it has been asked. */
  seal: 'pass' | 'fail' | 'unknown'
  spf: { result: AuthResult; domain: string | null }
  dkim: { result: AuthResult; domain: string | null; selector: string | null }[]
  dmarc: { result: AuthResult; domain: string | null; policy: string | null }
  /** The client as Email Routing saw it, from Received-SPF. */
  client: { ip: string | null; helo: string | null }
  /** X-CF-SpamH-Score: 0 and 1 are normal, 3 and more bad. */
  cloudflareSpamScore: number | null
}
