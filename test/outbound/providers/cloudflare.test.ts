/** Cloudflare's binding: what it is given, and what its codes mean. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { Outgoing } from '../../../src/outbound/provider.ts'
import { cloudflareProvider } from '../../../src/outbound/providers/cloudflare.ts'
import { NO_ANSWER } from '../../../src/outbound/providers/health.ts'
import { ELSEWHERE, LATER, PERMANENT, TEMPORARY, UNKNOWN } from './double.ts'

const RAW = 'From: a@a.example\r\nTo: x@elsewhere.example\r\nMessage-ID: <m@a.example>\r\n\r\nHi.\r\n'

function message(over: Partial<Outgoing> = {}): Outgoing {
  return {
    ...{ sender: 'a@a.example', recipients: ['x@elsewhere.example'] },
    ...{ messageId: 'm@a.example', domain: 'a.example', key: 'k', reference: 'p1-1' },
    raw: new TextEncoder().encode(RAW),
    ...over,
  }
}

function bindingOf(send: (given: EmailMessage) => Promise<unknown>): SendEmail {
  return { send } as unknown as SendEmail
}

describe("Cloudflare's binding", () => {
  it('takes a raw message, from the null sender too', async () => {
    const provider = cloudflareProvider(env.EMAIL)
    expect(await provider.send(message())).toMatchObject([{ kind: 'delivered' }])
    expect(await provider.send(message({ sender: '' }))).toMatchObject([{ kind: 'delivered' }])
  })

  it('gives the id by which its events name the message', async () => {
    const binding = bindingOf(async ({ from, to }) => ({ messageId: `${from} ${to}` }))
    expect(await cloudflareProvider(binding).send(message())).toEqual([
      { kind: 'delivered', providerId: 'a@a.example x@elsewhere.example' },
    ])
  })

  it.each([
    ['E_RATE_LIMIT_EXCEEDED', TEMPORARY],
    ['E_INTERNAL_SERVER_ERROR', TEMPORARY],
    ['E_DAILY_LIMIT_EXCEEDED', LATER],
    ['E_DELIVERY_FAILED', UNKNOWN],
    ['E_SENDER_NOT_VERIFIED', ELSEWHERE],
    ['E_SENDER_DOMAIN_NOT_AVAILABLE', ELSEWHERE],
    ['E_RECIPIENT_NOT_ALLOWED', ELSEWHERE],
    ['E_RECIPIENT_SUPPRESSED', PERMANENT],
    ['E_CONTENT_TOO_LARGE', ELSEWHERE],
    ['E_TOO_MANY_RECIPIENTS', ELSEWHERE],
    ['E_VALIDATION_ERROR', PERMANENT],
    ['E_FIELD_MISSING', PERMANENT],
    ['E_HEADER_NOT_ALLOWED', ELSEWHERE],
    ['E_HEADER_USE_API_FIELD', ELSEWHERE],
    ['E_HEADER_VALUE_INVALID', ELSEWHERE],
    ['E_HEADER_VALUE_TOO_LONG', ELSEWHERE],
    ['E_HEADER_NAME_INVALID', ELSEWHERE],
    ['E_HEADERS_TOO_LARGE', ELSEWHERE],
    ['E_HEADERS_TOO_MANY', ELSEWHERE],
    ['E_NOT_YET_DOCUMENTED', PERMANENT],
    ['toString', UNKNOWN],
  ])('says %s', async (code, mark) => {
    const refusing = bindingOf(() => Promise.reject(Object.assign(new Error('why'), { code })))
    const [outcome] = await cloudflareProvider(refusing).send(message())
    expect({ isProviders: undefined, ...outcome }).toMatchObject({ ...mark, code, detail: 'why' })
  })

  it.each([
    ['says the code in its words only', () => Promise.reject(new Error('E_RATE_LIMIT_EXCEEDED: wait')), TEMPORARY],
    ['loses the connection', () => Promise.reject(new Error('Network connection lost.')), UNKNOWN],
    ['throws what is no error', () => Promise.reject('x'), UNKNOWN],
    ['never answers', () => new Promise(() => {}), { ...UNKNOWN, code: NO_ANSWER }],
  ])('%s', async (_, send, mark) => {
    const [outcome] = await cloudflareProvider(bindingOf(send), 30).send(message())
    expect({ isProviders: undefined, ...outcome }).toMatchObject(mark)
  })

  it.each([
    ['bytes', message({ raw: new Uint8Array(5 * 1024 * 1024 + 1) })],
    ['recipients', message({ recipients: ['x@b.example', 'y@b.example'] })],
    ['senders that are none', message({ sender: '', raw: new TextEncoder().encode('To: x@b.example\r\n\r\nHi.\r\n') })],
    ['bytes in a field', message({ raw: new TextEncoder().encode(`X-A: ${'y'.repeat(2_049)}\r\n${RAW}`) })],
  ])('is not asked with too many %s', async (_, tooMuch) => {
    let asked = false
    const binding = bindingOf(async () => {
      asked = true
    })
    const [outcome] = await cloudflareProvider(binding).send(tooMuch)
    expect([outcome, asked]).toMatchObject([ELSEWHERE, false])
  })
})
