/** The sender that a provider is given which does not keep to the envelope's: where that is the null sender, From. */
import { readHeaders } from '../../mime/envelope.ts'
import { parseHeaderBlock } from '../../mime/headers.ts'
import type { Outgoing } from '../provider.ts'

/** '' where there is none of them. */
export function senderOf({ sender, raw }: Pick<Outgoing, 'sender' | 'raw'>): string {
  return sender || (readHeaders(parseHeaderBlock(raw).fields).envelope.from[0]?.address ?? '')
}
