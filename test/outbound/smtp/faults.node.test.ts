/**
 * Faults at each step of the dialogue, between the client and a real server: whatever breaks, a message that was told to be
 * delivered is there once, one that was told to be unsent is not there, and only what nobody can know is unknown.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Listening, listen, Peer } from './peer.ts'
import { bytesOf, clientOf, RAW, type Relay, SHORT, send, serverAt, startRelay } from './relay.ts'

/** RSET stands between two messages of one session, QUIT at its end. */
const STEPS = ['greeting', 'EHLO', 'AUTH', 'MAIL', 'RCPT', 'DATA', 'content', 'RSET', 'QUIT'] as const
type Step = (typeof STEPS)[number]

/** What happens in place of the reply; `isLost` ones happen after the server has acted. */
const FAULTS = {
  'is reset before': { reply: null, isReset: true },
  'is reset after': { reply: null, isReset: true, isLost: true },
  'is closed': { reply: null },
  'is closed in the middle of the reply': { reply: '25' },
  'gives 421': { reply: '421 4.3.2 Closing\r\n' },
  'gives 451': { reply: '451 4.7.1 Try again later\r\n' },
  'gives 554': { reply: '554 5.7.1 Refused\r\n' },
  'speaks no SMTP': { reply: 'HTTP/1.1 400 Bad Request\r\n' },
  'gives two codes in one reply': { reply: '250-Fine\r\n550 Or not\r\n' },
  'gives a line without end': { reply: '2'.repeat(200_000) },
  'gives a reply without end': { reply: '250-x\r\n'.repeat(30_000) },
  hangs: { reply: '', hangs: true },
} as const satisfies Record<string, { reply: string | null; isReset?: boolean; isLost?: boolean; hangs?: boolean }>
type Fault = keyof typeof FAULTS

let relay: Relay
let slowRelay: Relay
let points = 0
const REFUSED = 'refused@example.org'
beforeAll(async () => {
  const open: Parameters<typeof startRelay>[0] = {
    ...{ authOptional: true, allowInsecureAuth: true },
    onRcptTo: ({ address }, _session, done) =>
      done(address === REFUSED ? Object.assign(new Error('No such user'), { responseCode: 550 }) : null),
  }
  relay = await startRelay(open)
  slowRelay = await startRelay({ ...open, hidePIPELINING: true })
})
afterAll(async () => {
  await Promise.all([relay.close(), slowRelay.close()])
  console.log(`${points} faults of the SMTP dialogue were injected`)
})

/** A proxy that lets all pass but the reply of one step. `piece`: it hands the replies on in pieces of so many bytes. */
async function proxy(
  port: number,
  step: Step | null,
  fault: Fault | null,
  piece = Number.POSITIVE_INFINITY,
): Promise<Listening & { strikes(): number; connections(): number }> {
  let strikes = 0
  let connections = 0
  const listening = await listen(async (client) => {
    connections++
    const server = Peer.to(port)
    client.socket.on('close', () => server.socket.destroy())
    const pass = async (at: Step, forward: () => void) => {
      if (at !== step || !fault) {
        forward()
        return await inPieces(client, await server.reply(), piece)
      }
      strikes++
      return await strike(client, server, fault, forward)
    }
    if (!(await pass('greeting', () => {}))) return
    for (;;) {
      const line = await client.until('\r\n')
      const verb = (/^[A-Z]+/.exec(line)?.[0] ?? '') as Step
      if (!(await pass(verb, () => server.say(line)))) return
      if (verb !== 'DATA') continue
      const content = await client.until('\r\n.\r\n')
      if (!(await pass('content', () => server.say(content)))) return
    }
  })
  return { ...listening, strikes: () => strikes, connections: () => connections }
}

async function inPieces(client: Peer, reply: string, piece: number): Promise<true> {
  for (let at = 0; at < reply.length; at += piece) {
    client.say(reply.slice(at, at + piece))
    if (piece < reply.length) await new Promise((resolve) => setTimeout(resolve, 1))
  }
  return true
}

async function strike(client: Peer, server: Peer, fault: Fault, forward: () => void): Promise<boolean> {
  const { reply, ...how }: { reply: string | null; isReset?: boolean; isLost?: boolean; hangs?: boolean } =
    FAULTS[fault]
  points++
  if (how.isLost) {
    forward()
    await server.reply()
  }
  if (reply !== null) client.say(reply)
  const isAnswer = /^[45]\d\d /.test(reply ?? '')
  if (how.isReset) client.socket.resetAndDestroy()
  else if (!isAnswer && !how.hangs) client.socket.end()
  // After a refusal of one command the dialogue goes on.
  return isAnswer
}

function expected(step: Step, fault: Fault): string {
  if (step === 'QUIT' || step === 'RSET') return 'delivered'
  if (fault === 'gives 554') return step === 'greeting' || step === 'EHLO' || step === 'AUTH' ? 'later' : 'permanent'
  if (fault === 'gives 421' || fault === 'gives 451') return 'temporary'
  return step === 'content' ? 'unknown' : 'temporary'
}

const cases = STEPS.flatMap((step) => (Object.keys(FAULTS) as Fault[]).map((fault) => ({ step, fault })))

describe.concurrent.each(['pipelined', 'one by one'])('%s', (how) => {
  it.each(cases)('$step: the server $fault', async (one) => {
    const { step, fault } = one
    const { port, received } = how === 'pipelined' ? relay : slowRelay
    const between = await proxy(port, step, fault)
    const sender = `${cases.indexOf(one)}@postern.test`
    const client = clientOf(serverAt(between.port, { tls: 'none' }), { timeouts: SHORT })
    const [outcome] = await client({ sender })
    // A second message finds the session of the first one, or what is left of it.
    const [second] = step === 'RSET' ? await client({ sender }) : []
    await expect.poll(between.strikes).toBe(1)
    await between.close()
    expect(outcome?.kind).toBe(expected(step, fault))
    const came = received.filter(({ from }) => from === sender).length
    if (step === 'RSET') return expect([second?.kind, came]).toEqual(['delivered', 2])
    // Only the server's own word, or its silence after it had all, can stand for a message that came.
    const cameToo = step === 'QUIT' || (step === 'content' && fault === 'is reset after')
    expect(came).toBe(cameToo ? 1 : 0)
  })

  it('several messages share a session, also after one whose recipients were refused', async () => {
    const { port, received } = how === 'pipelined' ? relay : slowRelay
    const between = await proxy(port, null, null)
    const client = clientOf(serverAt(between.port, { tls: 'none' }))
    const sender = 'several@postern.test'
    const kinds: (string | undefined)[] = []
    for (const to of ['a@example.org', REFUSED, 'b@example.org', 'c@example.org'])
      kinds.push((await client({ sender, recipients: [to] }))[0]?.kind)
    expect(kinds).toEqual(['delivered', 'permanent', 'delivered', 'delivered'])
    expect(between.connections()).toBe(1)
    await between.close()
    expect(received.filter(({ from }) => from === sender).map(({ to }) => to)).toEqual([
      ['a@example.org'],
      ['b@example.org'],
      ['c@example.org'],
    ])
  })

  it.each([1, 7])('no fault at all, the replies in pieces of %i bytes', async (piece) => {
    const { port, received } = how === 'pipelined' ? relay : slowRelay
    const between = await proxy(port, null, null, piece)
    const sender = `pieces-${piece}@postern.test`
    expect(await send(serverAt(between.port, { tls: 'none' }), { sender })).toMatchObject([{ kind: 'delivered' }])
    await between.close()
    expect(received.filter(({ from }) => from === sender)).toHaveLength(1)
  })
})

it('nobody is there: another provider may try', async () => {
  const gone = await listen(async () => {})
  await gone.close()
  const [outcome] = await send(serverAt(gone.port, { tls: 'none' }))
  expect(outcome).toMatchObject({ kind: 'temporary', code: '4.4.1', isProviders: true })
})

it('a server that could not be reached twice is not waited for again', async () => {
  let connections = 0
  const silent = await listen(async () => {
    connections++
  })
  const client = clientOf(serverAt(silent.port, { tls: 'none' }), { timeouts: SHORT })
  for (let n = 0; n < 5; n++) expect(await client()).toMatchObject([{ kind: 'temporary', isProviders: true }])
  await silent.close()
  expect(connections).toBe(2)
})

it('a reply that the first recipient got stands, whatever happens to the second', async () => {
  const between = await listen(async (client) => {
    client.say('220 mail.example.org\r\n')
    await client.until('\r\n')
    client.say('250 mail.example.org\r\n')
    for (const reply of ['250 Fine', '550 5.1.1 No such user']) {
      await client.until('\r\n')
      client.say(`${reply}\r\n`)
    }
    await client.until('\r\n')
    client.socket.resetAndDestroy()
  })
  const server = serverAt(between.port, { tls: 'none', credentials: null })
  const outcomes = await send(server, { recipients: ['a@example.org', 'b@example.org'] }, { timeouts: SHORT })
  await between.close()
  expect(outcomes).toMatchObject([{ kind: 'permanent', code: '5.1.1' }, { kind: 'temporary' }])
})

describe('before TLS', () => {
  const hello = '250-mail.example.org\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS\r\n'

  it.each([
    ['refuses for now', '454 4.7.0 TLS not available\r\n', 'temporary'],
    ['refuses', '502 5.5.1 Unknown\r\n', 'later'],
    ['hangs', '', 'temporary'],
    [
      'says more than it should (an answer that somebody put there)',
      '220 Go\r\n250-AUTH PLAIN\r\n250 x\r\n',
      'temporary',
    ],
    ['speaks no TLS', '220 Go\r\n', 'temporary'],
  ])('a server that %s gets neither password nor mail', async (_, reply, kind) => {
    points++
    const heard: string[] = []
    const between = await listen(async (client) => {
      client.say('220 mail.example.org\r\n')
      for (const answer of [hello, reply]) {
        heard.push(await client.until('\r\n'))
        client.say(answer)
      }
      // What the client says now is TLS, and gets an answer that is none.
      client.socket.once('data', () => client.say('250 Not TLS\r\n'))
      for (;;) heard.push(await client.until('\r\n'))
    })
    const [outcome] = await send(serverAt(between.port), {}, { timeouts: SHORT })
    await between.close()
    expect(outcome).toMatchObject({ kind, isProviders: true })
    expect(heard.join('')).not.toMatch(/AUTH|MAIL/)
  })
})

describe('a large message', () => {
  /** More than all buffers between the two sides hold. */
  const big = bytesOf(RAW + `${'x'.repeat(70)}\r\n`.repeat(230_000))

  async function sendTo(script: (client: Peer) => Promise<void>, chunking: boolean) {
    const between = await listen(async (client) => {
      client.say('220 mail.example.org\r\n')
      await client.until('\r\n')
      client.say(`250-mail.example.org\r\n250-PIPELINING\r\n250 ${chunking ? 'CHUNKING' : 'HELP'}\r\n`)
      await client.until('\r\n')
      await client.until('\r\n')
      client.say('250 Fine\r\n250 Fine\r\n')
      await client.until('\r\n')
      if (!chunking) client.say('354 Go on\r\n')
      await client.bytes(1_000_000)
      await script(client)
    })
    const server = serverAt(between.port, { tls: 'none', credentials: null })
    const outcomes = await send(server, { raw: big }, { timeouts: SHORT })
    await between.close()
    points++
    return outcomes[0]
  }

  it.each([false, true])('that is cut off in the middle is unsent (BDAT: %s)', async (chunking) => {
    const outcome = await sendTo(async (client) => void client.socket.resetAndDestroy(), chunking)
    expect(outcome).toMatchObject({ kind: 'temporary', isProviders: true })
  })

  it.each([false, true])('that nobody reads to its end is unsent (BDAT: %s)', async (chunking) => {
    const outcome = await sendTo(async (client) => void client.socket.pause(), chunking)
    expect(outcome).toMatchObject({ kind: 'temporary', isProviders: true })
  })

  it.each([false, true])('that the server refuses in the middle is refused (BDAT: %s)', async (chunking) => {
    const outcome = await sendTo(async (client) => {
      client.say('552 5.3.4 Too large\r\n')
      client.socket.pause()
    }, chunking)
    expect(outcome).toMatchObject({ kind: 'permanent', smtp: 552, code: '5.3.4' })
  })
})

describe('CHUNKING', () => {
  async function chunked(raw: string, reply: string) {
    let heard = ''
    const between = await listen(async (client) => {
      client.say('220 mail.example.org\r\n')
      await client.until('\r\n')
      client.say('250-mail.example.org\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 CHUNKING\r\n')
      await client.until('\r\n')
      await client.until('\r\n')
      client.say('250 Fine\r\n250 Fine\r\n')
      const command = await client.until('\r\n')
      heard = command + (await client.bytes(Number(/^BDAT (\d+) LAST\r\n$/.exec(command)?.[1])))
      client.say(reply)
      await client.until('\r\n')
    })
    const server = serverAt(between.port, { tls: 'none', credentials: null })
    const [outcome] = await send(server, { raw: bytesOf(raw) }, { timeouts: SHORT })
    await between.close()
    return { outcome, heard }
  }

  it.each([RAW, `${RAW}.\r\n..\r\n`, `${RAW}${'x'.repeat(200_000)}\r\n`])(
    'sends by length, without dots',
    async (raw) => {
      const { outcome, heard } = await chunked(raw, '250 2.0.0 Ok: queued as 7B\r\n')
      expect(outcome).toEqual({ kind: 'delivered', providerId: '7B' })
      expect(heard === `BDAT ${raw.length} LAST\r\n${raw}`).toBe(true)
    },
  )

  it.each([
    ['refuses', '554 5.6.0 No\r\n', 'permanent'],
    ['waits', '452 4.3.1 Full\r\n', 'temporary'],
    ['says nothing', '', 'unknown'],
    ['says something else', '354 Go on\r\n', 'unknown'],
  ])('a server that %s after the last chunk', async (_, reply, kind) => {
    points++
    expect((await chunked(RAW, reply)).outcome).toMatchObject({ kind })
  })
})
