/** What every provider checks before it is called: its own limits. A refusal says which, and that another provider may do. */
import type { Outgoing, Provider, SendOutcome } from '../provider.ts'
import { refusal } from './call.ts'

type Limits = Pick<Provider, 'name' | 'recipientsMax' | 'bytesMax'>

/** A provider's `send` that asks only for what is within its limits. */
export function withinLimits(limits: Limits, send: Provider['send']): Provider['send'] {
  return async (message) => {
    const over = overLimits(limits, message)
    return over ? forAll(message, over) : await send(message)
  }
}

/** Null where the message is within them. */
function overLimits({ name, recipientsMax, bytesMax }: Limits, message: Outgoing): SendOutcome | null {
  const { raw, recipients } = message
  if (raw.length > bytesMax)
    return refusal('5.3.4', `The message has ${raw.length} bytes; ${name} takes at most ${bytesMax}.`)
  if (recipients.length > recipientsMax)
    return refusal('5.5.3', `${name} takes at most ${recipientsMax} recipients in one call.`)
  return null
}

/** The same outcome for each recipient. */
export function forAll({ recipients }: Pick<Outgoing, 'recipients'>, outcome: SendOutcome): SendOutcome[] {
  return recipients.map(() => outcome)
}
