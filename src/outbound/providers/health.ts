/**
 * Which providers are passed over for a while, since they have failed again and again: a circuit breaker.
 *
 * After FAILURES_MAX failures of its own in a row a provider stands behind the others. When its time is up one message is
 * its trial: success brings it back, failure doubles the time. It is never left out: where no other stands behind it, it is
 * asked as always, and the queue's own waits spare it.
 *
 * What is known is this isolate's alone. Another isolate finds out by FAILURES_MAX calls of its own, whose messages go to the next
 * provider or wait; a row in the database would cost a read with every round of sending and a write with every failure, to spare those.
 */
import type { ProviderName, SendOutcome } from '../provider.ts'

export const FAILURES_MAX = 3
const OPEN_SECONDS = 60
const OPEN_SECONDS_MAX = 15 * 60
/** The code of what no answer came to: it is unknown, and speaks against the provider. */
export const NO_ANSWER = 'no-answer'

/** `retryAt`, in epoch milliseconds, is when it is tried again; null where it is not passed over. */
export type Health = { state: 'ok' | 'failing'; failures: number; retryAt: number | null }

/** `trialAt` is when the message went out that tries it. */
type State = { failures: number; openSeconds: number; openUntilMs: number; trialAt: number | null }

export class ProviderHealth {
  private readonly states = new Map<ProviderName, State>()

  isPassedOver(name: ProviderName, nowMs: number): boolean {
    const state = this.states.get(name)
    return state !== undefined && state.failures >= FAILURES_MAX && (nowMs < state.openUntilMs || isTried(state, nowMs))
  }

  of(name: ProviderName, nowMs: number): Health {
    const state = this.states.get(name)
    const isOpen = this.isPassedOver(name, nowMs)
    return {
      state: isOpen ? 'failing' : 'ok',
      failures: state?.failures ?? 0,
      retryAt: isOpen && state ? Math.max(state.openUntilMs, nowMs) : null,
    }
  }

  begin(name: ProviderName, nowMs: number): void {
    const state = this.states.get(name)
    if (state && state.failures >= FAILURES_MAX && nowMs >= state.openUntilMs) state.trialAt = nowMs
  }

  note(name: ProviderName, outcomes: readonly SendOutcome[], nowMs: number): void {
    if (outcomes.some(isSuccess)) this.states.delete(name)
    else if (outcomes.some(isFailure)) this.fail(name, nowMs)
    else this.endTrial(name)
  }

  fail(name: ProviderName, nowMs: number): void {
    const state = this.states.get(name) ?? { failures: 0, openSeconds: 0, openUntilMs: 0, trialAt: null }
    this.states.set(name, state)
    state.failures++
    // What was under way when it was shut out says nothing new.
    if (state.failures < FAILURES_MAX || (nowMs < state.openUntilMs && state.trialAt === null)) return
    state.openSeconds = Math.min(Math.max(state.openSeconds * 2, OPEN_SECONDS), OPEN_SECONDS_MAX)
    state.openUntilMs = nowMs + state.openSeconds * 1000
    state.trialAt = null
  }

  private endTrial(name: ProviderName): void {
    const state = this.states.get(name)
    if (state) state.trialAt = null
  }
}

// A trial whose worker died must not shut the provider out for ever.
function isTried({ trialAt }: State, nowMs: number): boolean {
  return trialAt !== null && nowMs < trialAt + OPEN_SECONDS * 1000
}

/** It took the message, or looked at it and refused it for its own sake. */
function isSuccess(outcome: SendOutcome): boolean {
  return outcome.kind === 'delivered' || (outcome.kind === 'permanent' && !outcome.isProviders)
}

// That this provider never takes such a message, for its size perhaps, says nothing of how it does.
function isFailure(outcome: SendOutcome): boolean {
  if (outcome.kind === 'delivered' || outcome.kind === 'permanent') return false
  return outcome.kind === 'unknown' ? outcome.code === NO_ANSWER : outcome.isProviders === true
}
