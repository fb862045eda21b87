/**
 * A stream of events on its two wires: server-sent events, and a WebSocket whose frames are the same as JSON.
 *
 * Nothing waits in memory for a slow reader. Server-sent events are made when their reader takes them. A WebSocket does not tell
 * what its reader has taken, so after a megabyte it waits for a word from him.
 */
import type { Followed, Follower } from '../../notify/follow.ts'
import { formatEventId, renderEvent } from './event-view.ts'

/** What a client waits before it connects again. */
const RETRY_MS = 3_000
/** What is sent to a WebSocket whose reader says nothing: some 3,000 events. */
const UNANSWERED_CHARS_MAX = 1024 * 1024
/** How long a reader may take who was sent so much. */
const ANSWER_MS_MAX = 30_000

/** Close codes of RFC 6455 §7.4: done, against the rules, try again. */
const CLOSE_CODES = { over: 1000, refused: 1008, behind: 4410, lost: 1013, slow: 1013 } as const

export function serverSentEvents(accountId: number, follower: Follower): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream<Uint8Array>(
    {
      // Sent at once, so that the client sees that it is connected.
      start: (controller) => controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`)),
      async pull(controller) {
        const followed = await follower.next()
        controller.enqueue(encoder.encode(sentEvent(accountId, followed)))
        if (followed.kind === 'end') controller.close()
      },
      cancel: () => follower.close(),
    },
    { highWaterMark: 0 },
  )
}

// JSON has no line end, and neither has an id or a type: none can begin a field of its own.
function sentEvent(accountId: number, followed: Followed): string {
  switch (followed.kind) {
    case 'events':
      return followed.events
        .map(renderEvent)
        .map((event) => `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
        .join('')
    case 'beat':
      return `${followed.place ? `id: ${formatEventId(accountId, followed.place)}\n` : ''}: quiet\n\n`
    case 'end':
      return `event: end\ndata: ${JSON.stringify({ reason: followed.reason })}\n\n`
  }
}

/** Sends all that comes to an accepted socket, until either side ends. */
export async function sendFrames(accountId: number, follower: Follower, socket: WebSocket): Promise<void> {
  let unanswered = 0
  let isOpen = true
  let heard = () => {}
  const leave = () => {
    isOpen = false
    follower.close()
    heard()
  }
  socket.addEventListener('message', () => {
    unanswered = 0
    heard()
  })
  socket.addEventListener('close', leave)
  socket.addEventListener('error', leave)
  const answered = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ANSWER_MS_MAX)
      heard = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  while (isOpen) {
    const followed = await follower.next()
    if (!isOpen) return
    for (const frame of framesOf(accountId, followed)) {
      socket.send(frame)
      unanswered += frame.length
    }
    if (followed.kind === 'end') return close(socket, followed.reason)
    if (unanswered > UNANSWERED_CHARS_MAX) await answered()
    if (unanswered > UNANSWERED_CHARS_MAX && isOpen) {
      follower.close()
      socket.send(JSON.stringify({ type: 'end', reason: 'slow' }))
      return close(socket, 'slow')
    }
  }
}

function close(socket: WebSocket, reason: keyof typeof CLOSE_CODES): void {
  socket.close(CLOSE_CODES[reason], reason)
}

function framesOf(accountId: number, followed: Followed): string[] {
  switch (followed.kind) {
    case 'events':
      return followed.events.map((event) => JSON.stringify(renderEvent(event)))
    case 'beat':
      return [JSON.stringify({ type: 'quiet', id: followed.place && formatEventId(accountId, followed.place) })]
    case 'end':
      return [JSON.stringify({ type: 'end', reason: followed.reason })]
  }
}
