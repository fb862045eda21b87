/** Flags as bits of messages.flags. `unread` on the wire is the absence of SEEN. */
export const SEEN = 1
export const FLAGGED = 2
export const ANSWERED = 4
export const DRAFT = 8
