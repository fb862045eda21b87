/**
 * What we sign, others verify: mailauth as an independent oracle and our own reader, for messages of every shape, with both
 * algorithms at once; and what is done to a message on the way is found by both.
 */
import { generateKeyPairSync } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { dkimVerify } from 'mailauth'
import { describe, expect, it } from 'vitest'
import { inWireForm } from '../../src/outbound/providers/smtp/wire-form.ts'
import { verifyDkim } from '../../src/verify/dkim.ts'
import { type DkimAlgorithm, type SigningKey, signatureFields } from '../../src/verify/dkim-sign.ts'
import { rawMessageOf, tableResolve, type Zone } from './raw-message.ts'

const NOW = Date.UTC(2026, 10, 2, 10)

async function makeKey(algorithm: DkimAlgorithm): Promise<{ signing: SigningKey; zone: Zone }> {
  const isRsa = algorithm === 'rsa-sha256'
  const { privateKey, publicKey } = isRsa
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : generateKeyPairSync('ed25519')
  const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const name = isRsa ? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } : { name: 'Ed25519' }
  const key = await crypto.subtle.importKey('pkcs8', Uint8Array.from(pkcs8), name, false, ['sign'])
  const selector = isRsa ? 'r1' : 'e1'
  const p = Buffer.from(isRsa ? spki : spki.subarray(-32)).toString('base64')
  return {
    signing: { domain: 'shop.example', selector, algorithm, key },
    zone: { [`TXT ${selector}._domainkey.shop.example`]: [`v=DKIM1; k=${isRsa ? 'rsa' : 'ed25519'}; p=${p}`] },
  }
}

const made = await Promise.all([makeKey('rsa-sha256'), makeKey('ed25519-sha256')])
const keys = made.map(({ signing }) => signing)
const resolve = tableResolve(Object.assign({}, ...made.map(({ zone }) => zone)) as Zone)

/** The message as it goes out. */
async function signMessage(raw: Uint8Array): Promise<Uint8Array> {
  return Buffer.concat([await signatureFields(raw, keys, NOW), raw])
}

const bytesOf = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0))
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')

async function results(bytes: Uint8Array): Promise<{ ours: string[]; theirs: string[] }> {
  const ours = (await verifyDkim(rawMessageOf(bytes), resolve, NOW)).map(({ result }) => result)
  const resolver = async (name: string, type: string) => {
    const answer = await resolve(name, type as 'TXT')
    if (answer.kind !== 'found') throw Object.assign(new Error(type), { code: 'ENOTFOUND' })
    return answer.records.map((record) => [record])
  }
  const verified = await dkimVerify(Buffer.from(bytes), { resolver } as never)
  return { ours, theirs: verified.results.map(({ status }) => status.result) }
}

const PASSES = { ours: ['pass', 'pass'], theirs: ['pass', 'pass'] }
const RAW = [
  'From: Ann <ann@shop.example>\r\nTo: me@here.example,\r\n\tyou@here.example\r\nSubject: Two  words',
  'Date: Mon, 02 Nov 2026 09:59:00 +0000\r\nMessage-ID: <1@shop.example>\r\nMIME-Version: 1.0',
  'Content-Type: text/plain; charset=utf-8\r\n\r\nHello  there \r\n.\r\n\r\n\r\n',
].join('\r\n')

describe('what is signed', () => {
  const fixtures = readdirSync('test/fixtures').filter(
    (name) => name.endsWith('.eml') && !/no-header|empty|header-junk/.test(name),
  )

  it(`holds for ${fixtures.length} messages of all shapes, as they go over the wire`, async () => {
    const failed: unknown[] = []
    for (const name of fixtures) {
      const raw = inWireForm(new Uint8Array(readFileSync(`test/fixtures/${name}`)))
      const signed = await signMessage(raw)
      const ours = (await verifyDkim(rawMessageOf(signed), resolve, NOW)).slice(0, 2).map(({ result }) => result)
      if (ours.join() !== 'pass,pass') failed.push([name, ours])
    }
    expect(failed).toEqual([])
  })

  it.each([
    ['a usual message', RAW],
    ['no body', RAW.slice(0, RAW.indexOf('\r\n\r\n') + 4)],
    ['8-bit text', `${RAW}\xe4\xf6\r\n`],
    ['one line only', 'From: a@shop.example\r\n\r\n'],
    ['fields that stand twice', `To: x@here.example\r\nReceived: x\r\nList-Id: <a.b>\r\n${RAW}`],
    ['a long References', `References: ${'<0123456789@shop.example>\r\n '.repeat(80)}\r\n${RAW}`],
    ['another signature', `DKIM-Signature: v=1; a=rsa-sha256; d=x.example\r\n${RAW}`],
  ])('holds for %s, here and at the oracle', async (_, raw) => {
    const { ours, theirs } = await results(await signMessage(bytesOf(raw)))
    expect({ ours: ours.slice(0, 2), theirs: theirs.slice(0, 2) }).toEqual(PASSES)
  })

  it('holds for bodies of anything', async () => {
    const part = fc.constantFrom('a', ' ', '\t', '\r\n', '\r\n\r\n', ' \r\n', '.', '\xff', '\0', '='.repeat(80))
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 60 }), async (parts) => {
        const raw = inWireForm(bytesOf(`${RAW}${parts.join('')}`))
        expect(await results(await signMessage(raw))).toEqual(PASSES)
      }),
      { numRuns: 60 },
    )
  })

  it('is written on lines that survive, and names no part of the body', async () => {
    const signed = textOf(await signMessage(bytesOf(RAW)))
    const field = signed.slice(0, signed.indexOf('From:'))
    expect(field).toMatch(/^DKIM-Signature: v=1; a=rsa-sha256; c=relaxed\/relaxed; d=shop\.example; s=r1; t=\d+;\r\n/)
    expect(field).not.toMatch(/\bl=/)
    expect(Math.max(...field.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(98)
    expect(signed.endsWith(RAW)).toBe(true)
  })

  it('is nothing without a key, and where a signature would become part of what follows', async () => {
    expect(await signatureFields(bytesOf(RAW), [], NOW)).toHaveLength(0)
    expect(await signatureFields(bytesOf(` x\r\n${RAW}`), keys, NOW)).toHaveLength(0)
  })
})

describe('what is done to it on the way', () => {
  it.each([
    ['is refolded', (text: string) => text.replace('Two  words', 'Two\r\n  words'), 'pass'],
    ['has blanks at line ends', (text: string) => text.replace('there \r\n', 'there\t \r\n'), 'pass'],
    ['gets a Received field', (text: string) => `Received: from x\r\n${text}`, 'pass'],
    ["gets a list's own fields", (text: string) => text.replace('From:', 'List-Id: <a.b>\r\nFrom:'), 'pass'],
    ['has another subject', (text: string) => text.replace('Two  words', 'Two swords'), 'fail'],
    ['has another line at the end', (text: string) => `${text}PS\r\n`, 'fail'],
    ['gets a second From', (text: string) => text.replace('From:', 'From: eve@evil.example\r\nFrom:'), 'fail'],
    ['gets a second Subject', (text: string) => `Subject: Urgent\r\n${text}`, 'fail'],
    ['gets a second To', (text: string) => `To: all@here.example\r\n${text}`, 'fail'],
    ['gets a Reply-To', (text: string) => `Reply-To: eve@evil.example\r\n${text}`, 'fail'],
    ['gets a second Content-Type', (text: string) => `Content-Type: text/html\r\n${text}`, 'fail'],
  ])('where it %s', async (_, change, result) => {
    const signed = textOf(await signMessage(bytesOf(RAW)))
    const { ours, theirs } = await results(bytesOf(change(signed)))
    expect(ours).toEqual([result, result])
    // The oracle calls a body that was changed neutral.
    expect(theirs.map((one) => one === 'pass')).toEqual(ours.map((one) => one === 'pass'))
  })
})
