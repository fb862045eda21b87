/**
 * The hostile collection in a real browser. Sanitised, nothing may happen at all: neither in a bare page, where the
 * sanitiser stands alone, nor in the frame that mail is shown in. As it came it must set the tripwire off, or silence
 * would prove nothing; and even then the frame alone lets no script run.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sanitiseHtml } from '../../src/mime/sanitise.ts'
import { MAIL_FRAME_SANDBOX, sanitisedDocument } from '../../src/mime/sanitise-document.ts'
import { hostileCases } from '../mime/xss/cases/all.ts'
import { ATTRIBUTES, ELEMENTS } from '../mime/xss/inspect.ts'
import { openTripwires, type Tripwires } from './tripwire.ts'

const sanitised = hostileCases.map(({ name, html }) => ({
  name,
  html: sanitiseHtml(html, { remote: 'block', cid: () => null }).html,
}))

const GROUP = 12

let tripwires: Tripwires
beforeAll(async () => {
  tripwires = await openTripwires()
}, 60_000)
afterAll(() => tripwires.close())

test('sanitised mail does nothing in a page, and is built of what is allowed', async () => {
  const broken = await tripwires.each(sanitised, async (tripwire, { name, html }) => {
    const fired = await tripwire.inPage(html)
    const foreign = (await tripwire.built()).filter((what) => !ELEMENTS.has(what) && !ATTRIBUTES.has(what.slice(1)))
    return [...fired, ...foreign.map((what) => `built ${what}`)].map((what) => `${name}: ${what}`)
  })
  expect(broken).toEqual([])
})

test('sanitised mail does nothing in its frame', async () => {
  const broken = await tripwires.each(grouped(sanitised), async (tripwire, group) => {
    const documents = group.map(({ html }) => sanitisedDocument(html))
    return of(group, await tripwire.inFrames(documents, MAIL_FRAME_SANDBOX))
  })
  expect(broken).toEqual([])
})

test('mail as it came runs no script in that frame', async () => {
  const fired = await tripwires.each(grouped(hostileCases), async (tripwire, group) => {
    const documents = group.map(({ html }) => sanitisedDocument(html))
    return of(group, await tripwire.inFrames(documents, MAIL_FRAME_SANDBOX))
  })
  expect(fired.filter((what) => /: (?:script|dialog|window)/.test(what))).toEqual([])
})

test('mail as it came sets the tripwire off elsewhere', async () => {
  const setOff = new Set<string>()
  const fired = await tripwires.each(hostileCases, async (tripwire, { name, html }) => {
    const inPage = await tripwire.inPage(html)
    const fired = inPage.length > 0 ? inPage : await tripwire.inFrames([html], null)
    if (fired.length > 0) setOff.add(name)
    return fired.map((what) => what.replace(/[ :].*/s, ''))
  })
  expect(setOff.size).toBeGreaterThan(hostileCases.length / 2)
  expect([...new Set(fired)]).toEqual(expect.arrayContaining(['script', 'request', 'navigation', 'console']))
})

/** Frames cost a process each: mails are shown some at a time. */
function grouped<T>(items: T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / GROUP) }, (_, n) => items.slice(n * GROUP, (n + 1) * GROUP))
}

/** What was fired, with the names of those that one of it was. */
function of(group: { name: string }[], fired: string[]): string[] {
  return fired.map((what) => `${group.map(({ name }) => name).join(', or ')}: ${what}`)
}
