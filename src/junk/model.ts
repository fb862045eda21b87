/**
 * An account's model in the database: read, written under its version, shown, forgotten, taken along.
 *
 * Invariant: whoever writes it has read the version that he writes over. Otherwise the batch rolls back, and he reads again.
 */
import type { Deps } from '../deps.ts'
import { type Failure, fail, TemporaryError } from '../errors.ts'
import {
  emptyLearned,
  isActive,
  type Learned,
  type LearnedRow,
  openLearned,
  sealLearned,
} from '../spam/learned/learned.ts'
import { isStaleModel, type Statement } from '../store/database.ts'
import { readModel, readScoringModel } from '../store/teaching-read.ts'
import { beginGeneration, putModel } from '../store/teaching-write.ts'

/** Attempts against other writers of the same model. Each loses to one other at the most. */
const ATTEMPTS = 8

/** As delivery asks it; null where nothing was taught yet. */
export async function readForScoring(deps: Deps, accountId: number): Promise<Learned | null> {
  const row = await readScoringModel(deps.stores.of(accountId), accountId)
  return row && row.ham + row.spam > 0 ? openLearned({ ...row, buffer: '' }) : null
}

/**
 * Changes the model and commits it together with what belongs to it. `change` is called anew where somebody else has written
 * the model meanwhile; `commit` is handed the statement that writes it, and gives what the whole comes to.
 */
export async function changeModel<T>(
  deps: Deps,
  accountId: number,
  change: (learned: Learned) => void,
  commit: (write: Statement) => Promise<T>,
): Promise<T> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const row = await readModel(deps.stores.of(accountId), accountId)
    const learned = openLearned(row)
    change(learned)
    try {
      return await commit(putModel(accountId, row?.version ?? 0, sealLearned(learned)))
    } catch (error) {
      if (!isStaleModel(error)) throw error
    }
  }
  throw new TemporaryError('the model is changing too fast')
}

export type ModelView = {
  ham: number
  spam: number
  /** Whether it has enough examples of both to be asked. */
  isActive: boolean
  /** How often the filter had been right about what people then reported. */
  corrections: Learned['corrections']
  /** Of its row. */
  sizeBytes: number
}

export async function describeModel(deps: Deps, accountId: number): Promise<ModelView> {
  const row = await readModel(deps.stores.of(accountId), accountId)
  const learned = openLearned(row)
  const sizeBytes = row ? row.weights.length + row.counts.length + row.stats.length + row.buffer.length : 0
  return {
    ham: learned.counts.hamN,
    spam: learned.counts.spamN,
    isActive: isActive(learned),
    corrections: learned.corrections,
    sizeBytes,
  }
}

/** Forgets all that was taught. Messages stay where they stand, and can be taught anew. */
export async function resetModel(deps: Deps, accountId: number): Promise<void> {
  await writeModel(deps, accountId, emptyLearned())
}

/** The model as text that importModel takes. */
export async function exportModel(deps: Deps, accountId: number): Promise<LearnedRow> {
  return sealLearned(openLearned(await readModel(deps.stores.of(accountId), accountId)))
}

/** Puts an exported model in the place of this one. Only what is exactly as an export writes it is taken. */
export async function importModel(deps: Deps, accountId: number, row: LearnedRow): Promise<ModelView | Failure> {
  const learned = openLearned(row)
  const written = sealLearned(learned)
  const isSame = (Object.keys(written) as (keyof LearnedRow)[]).every((name) => written[name] === row[name])
  if (!isSame) return fail('invalid', 'This is no model that was exported here, or it was changed since.')
  await writeModel(deps, accountId, learned)
  return await describeModel(deps, accountId)
}

async function writeModel(deps: Deps, accountId: number, wanted: Learned): Promise<void> {
  await changeModel(
    deps,
    accountId,
    (learned) => Object.assign(learned, wanted),
    (write) => deps.stores.of(accountId).batch([write, beginGeneration(accountId)]),
  )
}
