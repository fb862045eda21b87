import { describe, expect, it } from 'vitest'
import { shippedOpinion } from '../../src/spam/shipped/shipped.ts'
import { spamInput } from './mail.ts'

/** As spam of the model's time was written; made up for this test. */
const OLD_SPAM = {
  headers: {
    From: 'Canadian Pharmacy <sales@cheap-meds.example>',
    Subject: 'Viagra Cialis best prices online pharmacy',
  },
  text: 'Buy Viagra and Cialis online at lowest prices. No prescription needed. Free shipping worldwide. Click here to order your pills now http://cheap-meds.example/ 100% money back guarantee. '.repeat(
    3,
  ),
}

describe('the shipped model', () => {
  it('knows old spam, and says nothing of an ordinary letter', async () => {
    expect(shippedOpinion((await spamInput(OLD_SPAM)).message, 0)).toBeGreaterThan(0.3)
    expect(shippedOpinion((await spamInput({})).message, 0)).toBe(0)
  })

  it('says little of a line or two', async () => {
    const headers = { From: 'Hotel Adler <1234-abcd@property.booking.example>', Subject: 'Your stay' }
    for (const text of ['We look forward to your stay.', 'Your invoice 112 is paid. Thank you for your business.'])
      expect(shippedOpinion((await spamInput({ headers, text })).message, 0), text).toBeLessThan(0.5)
  })

  it('never speaks for a message', async () => {
    const { message } = await spamInput({
      text: 'The patch applies to trunk and the tests pass on FreeBSD. '.repeat(40),
    })
    expect(shippedOpinion(message, 0)).toBe(0)
  })

  it('fades as its account teaches its own', async () => {
    const { message } = await spamInput(OLD_SPAM)
    expect(shippedOpinion(message, 100)).toBeCloseTo(shippedOpinion(message, 0) / 2)
    expect(shippedOpinion(message, 900)).toBeCloseTo(shippedOpinion(message, 0) / 10)
  })
})
