/**
 * Agreement with mailauth over a folder of real mail, whose keys are long gone: for each signature, what it says was hashed.
 * The body's digest decides alike, and the header that is signed is the same byte for byte. POSTERN_CORPUS names the folder;
 * without it, the fixtures. Prints its figures.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { dkimVerify } from 'mailauth'
import { expect, test } from 'vitest'
import { SignatureCheck } from '../../src/verify/dkim.ts'
import { parseDkimSignature } from '../../src/verify/signature.ts'
import { signedData, signedHeaderOf } from '../../src/verify/signed-fields.ts'
import { rawMessageOf } from '../verify/raw-message.ts'

const folder = process.env.POSTERN_CORPUS ?? 'test/fixtures'

const noKeys = async () => {
  throw Object.assign(new Error('no keys here'), { code: 'ENOTFOUND' })
}

test('the corpus agrees', { timeout: 1_800_000 }, async () => {
  const figures = { messages: 0, signed: 0, signatures: 0, bodyHolds: 0, notRead: 0, bodyDiffers: 0, headerDiffers: 0 }
  for (const file of filesBelow(folder)) {
    figures.messages++
    const raw = new Uint8Array(readFileSync(file))
    const message = rawMessageOf(raw)
    const fields = message.fields.filter(({ key }) => key === 'dkim-signature')
    if (fields.length === 0) continue
    figures.signed++
    const { results } = await dkimVerify(Buffer.from(raw), { resolver: noKeys })
    const check = new SignatureCheck(message)
    for (const field of fields) {
      const signature = parseDkimSignature(field.raw)
      if ('defect' in signature) {
        figures.notRead++
        console.log(file, signature.defect)
        continue
      }
      const value = Buffer.from(signature.signature).toString('base64')
      const theirs = results.find((one) => one.signature?.replace(/\s/g, '') === value)
      if (!theirs) {
        figures.notRead++
        console.log(file, 'not read by mailauth')
        continue
      }
      figures.signatures++
      const digest = check.bodyHash(signature.bodyForm, signature.bodyLimitBytes)?.digest ?? new Uint8Array()
      const holds = Buffer.from(digest).equals(Buffer.from(signature.bodyHash))
      if (holds) figures.bodyHolds++
      if (holds !== (theirs.bodyHash === theirs.bodyHashExpecting)) {
        figures.bodyDiffers++
        console.log(file, 'body', holds)
      }
      const header = signedData(signedHeaderOf(raw, message.fields), field, signature.signedNames, signature.headerForm)
      if (Buffer.from(header).toString('base64') !== theirs.signingHeaders?.canonicalizedHeader) {
        figures.headerDiffers++
        console.log(file, 'header')
      }
    }
  }
  console.log(figures)
  expect(figures.messages).toBeGreaterThan(0)
  expect(figures.bodyDiffers + figures.headerDiffers).toBeLessThanOrEqual(figures.signatures / 200)
})

function filesBelow(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() && !/\.(tsv|json|md|ts)$/.test(entry.name) ? [join(entry.parentPath, entry.name)] : [],
  )
}
