/**
 * The Durable Object of one account's live push: it holds the lines of those who follow, and passes hints on to all.
 *
 * Nothing in it must last. Between two hints it sleeps: its sockets are kept by the runtime (hibernation), which answers
 * a ping without waking it. An object that is lost takes its lines with it, and followers connect again.
 */
import { DurableObject } from 'cloudflare:workers'
import { NEWS, PING, PONG, STREAMS_MAX } from './live.ts'

export class AccountLive extends DurableObject<Env> {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG))
  }

  override async fetch(request: Request): Promise<Response> {
    if (new URL(request.url).pathname === '/publish') return this.#publish()
    return this.#connect()
  }

  override webSocketClose(socket: WebSocket): void {
    close(socket)
  }

  override webSocketError(socket: WebSocket): void {
    close(socket)
  }

  #connect(): Response {
    if (this.ctx.getWebSockets().length >= STREAMS_MAX) return new Response(null, { status: 429 })
    const { 0: follower, 1: own } = new WebSocketPair()
    this.ctx.acceptWebSocket(own)
    return new Response(null, { status: 101, webSocket: follower })
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
