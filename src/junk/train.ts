/** Training in bulk: raw messages of a kind, such as an old mailbox, taught at once and not stored. */
import type { Deps } from '../deps.ts'
import { parseMessage } from '../mime/parse.ts'
import { type Features, featuresOf } from '../spam/learned/features.ts'
import { learn, type Opinion } from '../spam/learned/learned.ts'
import { tellEvents } from '../store/outbox.ts'
import { changeModel, describeModel, type ModelView } from './model.ts'
import { teachSoon } from './teach.ts'

/** Messages in one call: each is parsed and learned while the caller waits. */
export const TRAINED_MAX = 50

/** Teaches them all, or none of them. The same messages taught twice count twice. */
export async function train(deps: Deps, accountId: number, as: Opinion, messages: Uint8Array[]): Promise<ModelView> {
  const lessons: Features[] = []
  for (const bytes of messages.slice(0, TRAINED_MAX)) lessons.push(featuresOf(await parseMessage(bytes)))
  await changeModel(
    deps,
    accountId,
    (learned) => {
      for (const features of lessons) learn(learned, { id: 0, as, kind: 'bulk', features })
    },
    (write) =>
      deps.stores
        .of(accountId)
        .batch([write, ...tellEvents(accountId, [{ type: 'spam.trained', count: lessons.length }])]),
  )
  teachSoon(deps, accountId)
  return await describeModel(deps, accountId)
}
