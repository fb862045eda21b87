/** Sends one message to the server that it is told, by workerd's sockets, and answers with what became of it. */

import type { SmtpServer } from '../../../../src/outbound/providers/smtp/server.ts'
import { openSocket } from '../../../../src/outbound/providers/smtp/socket.ts'
import type { Timeouts } from '../../../../src/outbound/providers/smtp/timeouts.ts'
import { smtpProvider } from '../../../../src/outbound/providers/smtp.ts'

export type Asked = { server: SmtpServer; timeouts: Timeouts; recipients: string[]; raw: string }

export default {
  async fetch(request: Request): Promise<Response> {
    const { server, timeouts, recipients, raw } = (await request.json()) as Asked
    const provider = smtpProvider({ server, timeouts, connect: openSocket, sign: async () => new Uint8Array() })
    const message = { sender: 'ada@postern.test', messageId: 'one@postern.test', domain: 'postern.test' }
    const bytes = Uint8Array.from(raw, (char) => char.charCodeAt(0))
    return Response.json(await provider.send({ ...message, recipients, raw: bytes, key: 'k', reference: 'p1-1' }))
  },
}
