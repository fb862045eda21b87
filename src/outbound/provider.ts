/**
 * The seam to whoever takes mail to other servers. Each provider (providers/) says what became of a message in the same few
 * words, so that nothing above it knows one provider from another.
 *
 * Invariant: 'unknown' means that the message may have been sent. It is never repeated.
 */
export type SendOutcome =
  | { kind: 'delivered'; providerId: string | null }
  /** `temporary` may succeed in minutes, `later` in hours (a daily limit). */
  | { kind: 'temporary' | 'later' | 'permanent' | 'unknown'; code: string; detail: string }

export type Provider = {
  /** Hands one message over for one recipient. Whatever it throws counts as unknown. */
  send(message: { from: string; to: string; raw: Uint8Array }): Promise<SendOutcome>
}

/** The reply begins with its enhanced code (RFC 3463). */
export type LocalDelivery = { kind: 'delivered' } | { kind: 'refused'; reply: string }
