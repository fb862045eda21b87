/**
 * Live push: whoever follows an account's events is told at once that there are new ones.
 *
 * What is told is a hint and carries nothing: a follower reads the events themselves from the table in which the outbox's
 * worker has committed them (follow.ts). So a hint that is lost, late or doubled costs time and never an event, the order is
 * the table's, and the object that passes hints on (live-object.ts) keeps nothing.
 */
import type { Deps } from '../deps.ts'

/** Streams of one account that are open at once: more than its programs and its people's pages together. */
export const STREAMS_MAX = 50
/** A line that was silent for this long leads nowhere: it gives way to a new one. Followers ping several times in it. */
export const SILENT_MS_MAX = 120_000
/** What a hint says. */
export const NEWS = 'news'
/** What a follower asks to learn whether its line still holds, and what it is answered without waking the object. */
export const PING = 'ping'
export const PONG = 'pong'

export type Live = {
  /** Hints to all who follow an account that it has new events. */
  publish(accountId: number): Promise<void>
  /** A line on which hints come; null where as many are open as may be. */
  connect(accountId: number): Promise<WebSocket | null>
}

/** The object of each account, found by the account's id. */
export type LiveNamespace = Pick<DurableObjectNamespace, 'getByName'>

export function openLive(objects: LiveNamespace, now: () => number): Live {
  const objectOf = (accountId: number) => objects.getByName(`account ${accountId}`)
  return {
    async publish(accountId) {
      const { status } = await objectOf(accountId).fetch(`${OBJECT}/publish`, { method: 'POST' })
      if (status !== 204) throw new Error(`the live object answered ${status}`)
    },
    async connect(accountId) {
      const answer = await objectOf(accountId).fetch(`${OBJECT}/connect?now=${now()}`, {
        headers: { upgrade: 'websocket' },
      })
      if (answer.status === 429) return null
      const { webSocket } = answer
      if (!webSocket) throw new Error(`the live object answered ${answer.status}`)
      webSocket.accept()
      return webSocket
    },
  }
}

/** An object looks at the path alone. */
const OBJECT = 'https://live.invalid'

/** Hints to who follows these accounts. A failure is logged and changes nothing: followers look for themselves, too. */
export async function tellFollowers(deps: Deps, accountIds: readonly number[]): Promise<void> {
  const { live } = deps
  if (!live) return
  await Promise.all(
    [...new Set(accountIds)].map((accountId) =>
      live.publish(accountId).catch((error) => {
        deps.log({ level: 'error', at: 'live', account: accountId, error: String(error) })
      }),
    ),
  )
}
