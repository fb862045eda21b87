/**
 * A call's key as a provider is told it: a digest with the Message-ID in it, since two servers that share an account at the
 * provider count their submissions alike, and one's mail must never be taken for a repetition of the other's.
 */
import type { Outgoing } from '../provider.ts'

export async function callKey(
  { messageId, key }: Pick<Outgoing, 'messageId' | 'key'>,
  ...more: string[]
): Promise<string> {
  const bytes = new TextEncoder().encode([messageId, key, ...more].join('\n'))
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
