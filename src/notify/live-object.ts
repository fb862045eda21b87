/**
 * The Durable Object of one account's live push: it holds the lines of those who follow, and passes hints on to all.
 *
 * Nothing in it must last. Between two hints it sleeps: its sockets are kept by the runtime (hibernation), which answers
 * a ping without waking it. An object that is lost takes its lines with it, and followers connect again.
 */
import { DurableObject } from 'cloudflare:workers'
import { NEWS, PING, PONG, SILENT_MS_MAX, STREAMS_MAX } from './live.ts'

export class AccountLive extends DurableObject<Env> {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG))
  }

  override async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    return pathname === '/publish' ? this.#publish() : this.#connect(Number(searchParams.get('now')))
  }

  override webSocketClose(socket: WebSocket): void {
    close(socket)
  }

  override webSocketError(socket: WebSocket): void {
    close(socket)
  }

  #connect(nowMs: number): Response {
    // A follower whose invocation was torn away may leave a line that nobody closes.
    const lines = this.ctx.getWebSockets().filter((socket) => {
      const isSilent = nowMs - this.#lastHeardMs(socket) > SILENT_MS_MAX
      if (isSilent) close(socket)
      return !isSilent
    })
    if (lines.length >= STREAMS_MAX) return new Response(null, { status: 429 })
    const { 0: follower, 1: own } = new WebSocketPair()
    this.ctx.acceptWebSocket(own)
    own.serializeAttachment(nowMs)
    return new Response(null, { status: 101, webSocket: follower })
  }

  #lastHeardMs(socket: WebSocket): number {
    const acceptedMs = socket.deserializeAttachment() as number
    return Math.max(acceptedMs, this.ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0)
  }

  #publish(): Response {
    for (const socket of this.ctx.getWebSockets()) {
      try {
        socket.send(NEWS)
      } catch {
        // It has closed, and nobody has said so yet.
        close(socket)
      }
    }
    return new Response(null, { status: 204 })
  }
}

function close(socket: WebSocket): void {
  try {
    socket.close(1000)
  } catch {
    // It is closed already.
  }
}
