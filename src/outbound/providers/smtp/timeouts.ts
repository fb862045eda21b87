/** How long the SMTP client waits. */

/** RFC 5321 §4.5.3.2 has minutes for each; an invocation lives for 15 of them in all. Most of the time goes to the last one. */
export const TIMEOUTS = {
  greetingMs: 30_000,
  commandMs: 30_000,
  /** Servers look much up here, and some make strangers wait. */
  recipientMs: 60_000,
  /** One slice of the message. */
  sliceMs: 60_000,
  /** Content is scanned here. What is given up now is unknown for good. */
  acceptMs: 300_000,
  /** For a reply that may be lying there when the connection is lost. */
  lastWordMs: 1_000,
  quitMs: 1_000,
  /** A session is kept for the next message, of which there may be one for each recipient. */
  idleMs: 2_000,
}
export type Timeouts = typeof TIMEOUTS
