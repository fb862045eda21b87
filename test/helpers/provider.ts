/** A sending provider of a test: it may decide each recipient by itself, and has no limits of its own but those that it is given. */
import type { Outgoing, Provider, SendOutcome } from '../../src/outbound/provider.ts'

export type SimpleProvider = Partial<Omit<Provider, 'send'>> & {
  send(message: { from: string; to: string; raw: Uint8Array }): Promise<SendOutcome>
}

export function providerOf({ send, ...over }: SimpleProvider): Provider {
  return {
    name: 'smtp',
    recipientsMax: 50,
    bytesMax: 25 * 1024 * 1024,
    hasEnvelope: true,
    hasSmtpUtf8: false,
    idempotentSeconds: 0,
    ...over,
    send: ({ sender, recipients, raw }: Outgoing) =>
      Promise.all(recipients.map((to) => send({ from: sender, to, raw }))),
  }
}
