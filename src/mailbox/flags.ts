/** Flags as bits of messages.flags. `unread` on the wire is the absence of SEEN. */
export const SEEN = 1
export const FLAGGED = 2
export const ANSWERED = 4
export const DRAFT = 8

/** The system flags by their IMAP names (RFC 9051 §2.3.2), without \Deleted, which belongs to a placement. */
export const SYSTEM_FLAGS = { seen: SEEN, flagged: FLAGGED, answered: ANSWERED, draft: DRAFT } as const
export type SystemFlag = keyof typeof SYSTEM_FLAGS
