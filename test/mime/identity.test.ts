import { expect, test } from 'vitest'
import { messageIdentity } from '../../src/mime/identity.ts'
import { latin1Bytes } from '../../src/mime/latin1.ts'

const hex = async (text: string, recipient = 'ann@x.org') =>
  [...(await messageIdentity(latin1Bytes(text), recipient))].map((byte) => byte.toString(16).padStart(2, '0')).join('')

const base = 'Subject: a\r\nFrom: b@x\r\n\r\nbody\r\n'

test.each([
  ['trace fields above', `Received: by mx1\r\n\tfor you\r\nARC-Seal: i=1\r\nX-CF-SpamH-Score: 0\r\n${base}`],
  ['trace fields between', base.replace('From', 'Authentication-Results: x\r\nReceived-SPF: y\r\nFrom')],
  ['other line ends', base.replaceAll('\r\n', '\n')],
])('the same message with %s is the same', async (_, text) => {
  expect(await hex(text)).toBe(await hex(base))
})

test('what differs in anything else is another message', async () => {
  const others = [
    base.replace('body', 'Body'),
    base.replace('Subject: a', 'Subject:  a'),
    base.replace('Subject: a\r\n', ''),
    base.replace('\r\n\r\n', '\r\n\r\n\r\n'),
    base.replace('body\r\n', 'body'),
    base.replace('body', 'bo\rdy'),
    base.replace('From: b@x\r\n\r\nbody', '\r\nFrom: b@x\r\nbody'),
    base.replace('\r\n\r\nbody', '\r\nbody: \r\n\r\n'),
    `no field\r\n${base}`,
    `${base}\r\n`,
    '',
    '\r\n',
    '\r\n\r\n',
  ]
  const all = await Promise.all([base, ...others].map((text) => hex(text)))
  expect(new Set([...all, await hex(base, 'bob@x.org'), await hex('', '')]).size).toBe(others.length + 3)
})

test('a large body is hashed whole', async () => {
  const large = `${base}${'x'.repeat(200_000)}`
  expect(await hex(`${large}a`)).not.toBe(await hex(`${large}b`))
  expect(await hex(large.replaceAll('\r\n', '\n'))).toBe(await hex(large))
})
