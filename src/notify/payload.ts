/** What is sent to a webhook. servers/ writes it, in the API's own views; this room is handed the function. */
import type { StoredEvent } from './events.ts'

/** Of a body, with all its fields. */
export const PAYLOAD_BYTES_MAX = 256 * 1024

/** `id` is the event's, wherever and however often it is told. */
export type Payload = { id: string; body: string }

/** Makes the payload afresh: what the event is about as it is now, with links that hold from now on. `origin` is this server's. */
export type PayloadOf = (told: StoredEvent, origin: string) => Promise<Payload>
