/**
 * A signer for tests: DKIM signatures and ARC sets whose every tag a test may choose, cryptographically good all the same.
 * Relaxed only, written apart from what it tests; the other forms are the oracle's (oracle.node.test.ts).
 */
export type Signer = {
  domain: string
  selector: string
  algorithm: 'rsa' | 'ed25519'
  /** The key as base64, and its whole record. */
  p: string
  record: string
  /** The question that the record answers. */
  question: string
  sign(data: string): Promise<string>
}

export const base64 = (bytes: ArrayBuffer | Uint8Array) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
const latin1 = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0))

export async function makeSigner(
  domain: string,
  selector: string,
  algorithm: 'rsa' | 'ed25519' = 'rsa',
  modulusLength = 2048,
): Promise<Signer> {
  const rsa = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength,
    publicExponent: Uint8Array.from([1, 0, 1]),
  }
  const how = algorithm === 'rsa' ? rsa : { name: 'Ed25519' }
  const pair = (await crypto.subtle.generateKey(how, true, ['sign', 'verify'])) as CryptoKeyPair
  const format = algorithm === 'rsa' ? 'spki' : 'raw'
  const p = base64((await crypto.subtle.exportKey(format, pair.publicKey)) as ArrayBuffer)
  return {
    domain,
    selector,
    algorithm,
    p,
    record: `v=DKIM1; k=${algorithm}; p=${p}`,
    question: `TXT ${selector}._domainkey.${domain}`,
    sign: async (data) => {
      const bytes = algorithm === 'rsa' ? latin1(data) : await crypto.subtle.digest('SHA-256', latin1(data))
      return base64(await crypto.subtle.sign(how.name, pair.privateKey, bytes))
    },
  }
}

/** Tags that replace the usual ones or follow them; null leaves one out. */
export type TagChanges = { [tag: string]: string | null }

/** The message with a DKIM-Signature on top. `extra` is what is written into it and is no tag. */
export async function dkimSigned(raw: string, signer: Signer, changes: TagChanges = {}, extra = ''): Promise<string> {
  const value = await messageSignature(raw, signer, { v: '1', ...changes }, 'DKIM-Signature', extra)
  return `DKIM-Signature: ${value}\r\n${raw}`
}

/** One ARC set for the message, whose earlier sets stand in it. */
export async function arcSet(
  raw: string,
  signer: Signer,
  { instance = 1, cv = 'none', results, t }: { instance?: number; cv?: string; results: string; t?: number },
): Promise<{ seal: string; signature: string; results: string }> {
  const i = String(instance)
  const time = t === undefined ? {} : { t: String(t) }
  const signature = `ARC-Message-Signature: ${await messageSignature(raw, signer, { i, ...time }, 'ARC-Message-Signature')}`
  const own = `ARC-Authentication-Results: i=${i}; ${results}`
  const unsigned = `ARC-Seal: i=${i}; a=${signer.algorithm}-sha256; d=${signer.domain}; s=${signer.selector}; cv=${cv};${t === undefined ? '' : ` t=${t};`} b=`
  const earlier = cv === 'fail' ? [] : earlierSets(raw, instance)
  const data = [...earlier, own, signature].map(relaxedField).join('') + relaxedField(unsigned).slice(0, -2)
  return { seal: unsigned + (await signer.sign(data)), signature, results: own }
}

function earlierSets(raw: string, instance: number): string[] {
  const fields = fieldsOf(raw)
  const find = (name: string, i: number) =>
    fields.find((field) => field.startsWith(`${name}:`) && new RegExp(`: ?i=${i};`).test(field)) ?? ''
  const names = ['ARC-Authentication-Results', 'ARC-Message-Signature', 'ARC-Seal']
  return Array.from({ length: instance - 1 }, (_, at) => names.map((name) => find(name, at + 1))).flat()
}

async function messageSignature(
  raw: string,
  { domain: d, selector: s, algorithm, sign }: Signer,
  changes: TagChanges,
  name: string,
  extra = '',
): Promise<string> {
  const body = relaxedBody(raw.slice(raw.indexOf('\r\n\r\n') + 4))
  const hashed = changes.l ? body.slice(0, Number(changes.l)) : body
  const bh = base64(await crypto.subtle.digest('SHA-256', latin1(hashed)))
  const { i, v, ...rest } = changes
  const first = { v, i }
  const usual = { a: `${algorithm}-sha256`, c: 'relaxed/relaxed', d, s, h: 'from:to:subject', bh }
  const tags = Object.entries({ ...first, ...usual, ...rest }).filter(([, value]) => value != null)
  const unsigned = `${tags.map(([tag, value]) => `${tag}=${value}`).join('; ')};${extra} b=`
  const signed = selectedFields(raw, String(changes.h ?? usual.h))
  const data = signed.map(relaxedField).join('') + relaxedField(`${name}: ${unsigned}`).slice(0, -2)
  return unsigned + (await sign(data))
}

function selectedFields(raw: string, h: string): string[] {
  const fields = fieldsOf(raw)
  return h.split(':').flatMap((name) => {
    const at = fields.findLastIndex((field) => field.toLowerCase().startsWith(`${name.trim().toLowerCase()}:`))
    return at < 0 ? [] : fields.splice(at, 1)
  })
}

function fieldsOf(raw: string): string[] {
  return raw.slice(0, raw.indexOf('\r\n\r\n')).split(/\r\n(?![ \t])/)
}

function relaxedField(field: string): string {
  const [, name = '', value = ''] = /^([^:]*):(.*)$/s.exec(field) ?? []
  return `${name.trim().toLowerCase()}:${value
    .replace(/\r\n/g, '')
    .replace(/[ \t]+/g, ' ')
    .trim()}\r\n`
}

function relaxedBody(body: string): string {
  const lines = body.split('\r\n').map((line) => line.replace(/[ \t]+/g, ' ').replace(/ $/, ''))
  while (lines.at(-1) === '') lines.pop()
  return lines.map((line) => `${line}\r\n`).join('')
}
