/** Envelope senders of our own making: what is made is opened, and nothing else is. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openReturnPath, srsAddress, verpAddress } from '../../src/outbound/return-path.ts'

const ROOT = 'a root secret'
const DOMAIN = 'back.postern.test'
const NOW = Date.UTC(2026, 2, 1, 12)
const DAY_MS = 86_400_000
const RUNS = { numRuns: 60 }

const localOf = (address: string) => address.slice(0, address.lastIndexOf('@'))
const open = (address: string, { root = ROOT, now = NOW } = {}) => openReturnPath(root, localOf(address), now)
const srs = (sender: string, now = NOW) => srsAddress(ROOT, DOMAIN, sender, now)

const integer = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
const verps = fc.record({ accountId: integer, submissionId: integer, n: fc.integer({ min: 0, max: 999 }) })
const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,5}[a-z0-9])?$/)
const senders = fc
  .tuple(fc.stringMatching(/^[A-Za-z0-9+=_-]{1,12}(\.[A-Za-z0-9=]{1,4})?$/), label, label)
  .filter(([local]) => !/^srs[01][=+-]/i.test(local))
  .map(([local, a, b]) => `${local}@${a}.${b}`)

/** The address with one character of its local part replaced by another that is not its other case. */
function altered(address: string, at: number, by: string): string | null {
  const place = at % localOf(address).length
  const changed = address.slice(0, place) + by + address.slice(place + 1)
  return changed.toLowerCase() === address.toLowerCase() ? null : changed
}

describe('a VERP address', () => {
  it('opens to what it names, in any case, and is a local part of 64 at most', async () => {
    await fc.assert(
      fc.asyncProperty(verps, async (named) => {
        const address = await verpAddress(ROOT, DOMAIN, named)
        expect(localOf(address).length).toBeLessThanOrEqual(64)
        expect(address.endsWith(`@${DOMAIN}`)).toBe(true)
        expect(await open(address)).toEqual({ kind: 'verp', ...named })
        expect(await open(address.toUpperCase())).toEqual({ kind: 'verp', ...named })
      }),
      RUNS,
    )
  })

  it('opens under no other secret, and not where a character differs', async () => {
    await fc.assert(
      fc.asyncProperty(verps, fc.nat(), fc.constantFrom('0', 'a', 'z', '-', '='), async (named, at, by) => {
        const address = await verpAddress(ROOT, DOMAIN, named)
        expect(await open(address, { root: 'another' })).toBeNull()
        const changed = altered(address, at, by)
        if (changed) expect(await open(changed)).toBeNull()
      }),
      RUNS,
    )
  })

  it('is the same for the same recipient, and another for each', async () => {
    const of = (n: number) => verpAddress(ROOT, DOMAIN, { accountId: 7, submissionId: 8, n })
    expect(await of(1)).toBe(await of(1))
    expect(await of(1)).not.toBe(await of(2))
  })
})

describe('an SRS address', () => {
  it('opens to the sender, in any case, for three weeks', async () => {
    await fc.assert(
      fc.asyncProperty(senders, fc.integer({ min: 0, max: 5_000 }), async (sender, day) => {
        const now = day * DAY_MS
        const address = await srs(sender, now)
        expect(localOf(address).length).toBeLessThanOrEqual(64)
        for (const ago of [0, 1, 21]) {
          expect(await open(address, { now: now + ago * DAY_MS })).toEqual({ kind: 'srs', sender })
        }
        for (const ago of [22, 30, 500]) expect(await open(address, { now: now + ago * DAY_MS })).toBeNull()
        const lower = await open(address.toLowerCase(), { now })
        expect(lower).toEqual({ kind: 'srs', sender: sender.toLowerCase() })
      }),
      RUNS,
    )
  })

  it('opens under no other secret, and not where a character differs', async () => {
    await fc.assert(
      fc.asyncProperty(senders, fc.nat(), fc.constantFrom('0', 'a', 'z', '-', '=', '.'), async (sender, at, by) => {
        const address = await srs(sender)
        expect(await open(address, { root: 'another' })).toBeNull()
        // The separator after SRS0 may be any of three, and is not part of what it names.
        const changed = at % localOf(address).length === 4 ? null : altered(address, at, by)
        if (changed) expect(await open(changed)).toBeNull()
      }),
      RUNS,
    )
  })

  it.each([
    ['the null sender stays what it is', '', ''],
    ['an address at the return domain stays what it is', `x@${DOMAIN}`, `x@${DOMAIN}`],
    ['one in another case does too', `x@${DOMAIN.toUpperCase()}`, `x@${DOMAIN.toUpperCase()}`],
  ])('%s', async (_, sender, expected) => {
    expect(await srs(sender)).toBe(expected)
  })

  it.each([
    [
      "another forwarder's SRS0 goes back to him",
      'SRS0=AbC=T7=example.org=alice@one.example',
      'SRS0=AbC=T7=example.org=alice@one.example',
    ],
    [
      'whatever separator he uses',
      'srs0+AbC=T7=example.org=alice@one.example',
      'SRS0+AbC=T7=example.org=alice@one.example',
    ],
    [
      'an SRS1 goes to the first forwarder, not to the last',
      'SRS1=xyz=one.example==AbC=T7=example.org=al@two.example',
      'SRS0=AbC=T7=example.org=al@one.example',
    ],
    [
      'an SRS1 whose first forwarder uses +',
      'SRS1=xyz=one.example=+AbC=T7=example.org=al@two.example',
      'SRS0+AbC=T7=example.org=al@one.example',
    ],
  ])('%s', async (_, sender, back) => {
    const address = await srs(sender)
    expect(address).toMatch(/^SRS1=[0-9a-z]{8}=one\.example=[=+]AbC=T7=/)
    expect(await open(address)).toEqual({ kind: 'srs', sender: back })
    expect(await open(address.replace('one.example', 'two.example'))).toBeNull()
    // Its age is for the first forwarder to judge.
    expect(await open(address, { now: NOW + 400 * DAY_MS })).toEqual({ kind: 'srs', sender: back })
  })

  it.each([
    ['too long for a local part', `${'l'.repeat(40)}@a-rather-long-domain.example`],
    ['with a quoted local part', '"a b"@example.org'],
    ['whose local part is none', 'a..b@example.org'],
    ['that is not ASCII', 'jürgen@example.org'],
    ['with a domain that is an address', 'a@[192.0.2.1]'],
    ['without a domain', 'postmaster'],
    ['that ends its line', 'a\r\nb@example.org'],
    ['that was too long when it came', `SRS0=AbC=T7=${'d'.repeat(30)}.example=someone@forwarder.example`],
  ])('a sender %s gets an address at which bounces end', async (_, sender) => {
    const address = await srs(sender)
    expect(address).toMatch(/^SRS0=[0-9a-z]{8}=[0-9a-z]{2}==@back\.postern\.test$/)
    expect(await open(address)).toEqual({ kind: 'srs', sender: '' })
    expect(await open(address, { now: NOW + 30 * DAY_MS })).toBeNull()
  })
})

it('opens nothing else, and throws for nothing', async () => {
  const words = ['verp', 'SRS0', 'srs1', '=', '-', '+', 'a', '00', 'example.org', '@', '\0', '\n', 'é', ' ']
  const text = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((all) => all.join('')),
  )
  await fc.assert(
    fc.asyncProperty(text, async (local) => {
      expect(await openReturnPath(ROOT, local, NOW)).toBeNull()
    }),
    { numRuns: 300 },
  )
})
