/**
 * The Worker's entry: fetch, email, queue, scheduled. Dispatch only; each handler puts the dependencies together and
 * hands over to the room whose work it is.
 */
import { makeDeps } from './deps.ts'
import { consumeQueue } from './inbound/queues.ts'
import { receive } from './inbound/receive.ts'
import { sweep } from './inbound/sweep.ts'
import { handleHttp } from './servers/http/app.ts'

export { AccountLive } from './notify/live-object.ts'

export default {
  fetch(request, env, ctx) {
    return handleHttp(request, makeDeps(env, ctx, request.url))
  },

  // An exception is a temporary failure to the sending server; setReject is a bounce, and only for what will never work.
  async email(message, env, ctx) {
    const deps = makeDeps(env, ctx)
    const received = await receive(deps, {
      from: message.from,
      to: message.to,
      source: 'email-routing',
      read: async () => new Uint8Array(await new Response(message.raw).arrayBuffer()),
      forward: (target, headers) => message.forward(target, new Headers(headers)),
    })
    deps.log({ level: 'info', at: 'inbound', outcome: received.kind, size: message.rawSize })
    if (received.kind === 'refused') message.setReject(received.reply)
  },

  queue(batch, env, ctx) {
    return consumeQueue(makeDeps(env, ctx), batch)
  },

  async scheduled(_controller, env, ctx) {
    const deps = makeDeps(env, ctx)
    deps.log({ level: 'info', at: 'sweep', ...(await sweep(deps)) })
  },
} satisfies ExportedHandler<Env>
