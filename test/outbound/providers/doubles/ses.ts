/** A double of Amazon SES v2's SendEmail, which works out each signature anew, with Node's crypto, from AWS's own description. */
import { createHash, createHmac } from 'node:crypto'
import { sesProvider } from '../../../../src/outbound/providers/ses.ts'
import {
  type Double,
  ELSEWHERE,
  type Json,
  json,
  LATER,
  PERMANENT,
  seenInRaw,
  strictBase64,
  TEMPORARY,
} from '../double.ts'

const KEY_ID = 'AKIAOFTHETESTS'
const SECRET = 'ses-secret/of+the=tests'
const REGION = 'eu-central-1'

const refuse = (status: number, name: string, message: string) =>
  json(status, { message }, { 'x-amzn-errortype': `${name}:http://internal.amazon.com/coral/` })

export const ses: Double = {
  name: 'ses',
  secret: SECRET,
  keepsMessageId: false,
  make: (tools, secret) =>
    sesProvider({ keyId: KEY_ID, secret, region: REGION, configurationSet: 'of-the-tests' }, tools),
  async handle(request, sent) {
    if (request.method !== 'POST' || request.url !== `https://email.${REGION}.amazonaws.com/v2/email/outbound-emails`)
      return refuse(404, 'NotFoundException', 'There is nothing.')
    const bytes = new Uint8Array(await request.arrayBuffer())
    const wrong = wrongSignature(request, bytes)
    if (wrong) return refuse(403, wrong, 'The signature does not match.')
    const body: Json = JSON.parse(new TextDecoder().decode(bytes))
    const { FromEmailAddress, Destination, Content, EmailTags, ConfigurationSetName, ...unknown } = body
    if (Object.keys(unknown).length > 0) return refuse(400, 'BadRequestException', 'An unknown member.')
    if (ConfigurationSetName !== 'of-the-tests') return refuse(404, 'NotFoundException', 'No such configuration set.')
    if (!/^[^@\s]+@[^@\s]+$/.test(FromEmailAddress)) return refuse(400, 'BadRequestException', 'FromEmailAddress.')
    for (const { Name, Value } of EmailTags)
      if (!/^[\w-]{1,256}$/.test(Name) || !/^[\w-]{1,256}$/.test(Value))
        return refuse(400, 'BadRequestException', 'Tag.')
    const raw = strictBase64(Content.Raw.Data)
    const recipients = [Destination.ToAddresses, Destination.CcAddresses ?? [], Destination.BccAddresses ?? []].flat()
    if (raw === null || recipients.length < 1 || recipients.length > 50)
      return refuse(400, 'BadRequestException', 'Content or Destination.')
    sent.push(await seenInRaw(raw, recipients, EmailTags[0].Value))
    return json(200, { MessageId: `0107-${crypto.randomUUID()}` })
  },
  errors: [
    { status: 400, name: 'BadRequestException', outcome: PERMANENT },
    { status: 400, name: 'AccountSuspendedException', outcome: LATER },
    { status: 400, name: 'LimitExceededException', outcome: LATER },
    { status: 400, name: 'SendingPausedException', outcome: LATER },
    { status: 400, name: 'MailFromDomainNotVerifiedException', outcome: ELSEWHERE },
    { status: 400, name: 'MessageRejected', outcome: PERMANENT },
    { status: 400, name: 'MessageRejected', words: 'Email address is not verified.', outcome: ELSEWHERE },
    { status: 403, name: 'UnrecognizedClientException', outcome: LATER },
    { status: 403, name: 'InvalidSignatureException', outcome: LATER },
    { status: 403, name: 'AccessDeniedException', outcome: LATER },
    { status: 404, name: 'NotFoundException', outcome: LATER },
    { status: 429, name: 'TooManyRequestsException', outcome: TEMPORARY },
    { status: 400, name: 'ThrottlingException', words: 'Maximum sending rate exceeded.', outcome: TEMPORARY },
    { status: 400, name: 'ThrottlingException', words: 'Daily message quota exceeded.', outcome: LATER },
    { status: 500, name: 'InternalFailure', outcome: TEMPORARY },
    { status: 503, name: 'ServiceUnavailable', outcome: TEMPORARY },
  ].map(({ status, name, words = 'why', outcome }) => ({
    name: `${status} ${name} (${words})`,
    answer: () => refuse(status, name, words),
    outcome: { ...outcome, code: name.replace('Exception', ''), detail: words },
  })),
}

/** What AWS would call the fault of the signature; null where there is none. */
function wrongSignature(request: Request, body: Uint8Array): string | null {
  const given = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
    request.headers.get('authorization') ?? '',
  )
  const [, keyId, scope = '', names = '', signature] = given ?? []
  const time = request.headers.get('x-amz-date') ?? ''
  if (keyId !== KEY_ID || scope !== `${time.slice(0, 8)}/${REGION}/ses/aws4_request`) return 'IncompleteSignature'
  // The clock of the tests: a provider that asked another one would be refused.
  if (time !== '20260301T120000Z') return 'InvalidSignatureException'
  const signed = names.split(';')
  if (!signed.includes('host') || !signed.includes('x-amz-date')) return 'IncompleteSignature'
  const { host, pathname } = new URL(request.url)
  const value = (name: string) => (name === 'host' ? host : (request.headers.get(name) ?? '').trim())
  const hash = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex')
  const headers = signed.map((name) => `${name}:${value(name)}\n`).join('')
  const canonical = ['POST', pathname, '', headers, names, hash(body)].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', time, scope, hash(canonical)].join('\n')
  const key = scope.split('/').reduce<string | Uint8Array>((under, part) => hmac(under, part), `AWS4${SECRET}`)
  return createHmac('sha256', key).update(toSign).digest('hex') === signature ? null : 'SignatureDoesNotMatch'
}

function hmac(key: string | Uint8Array, text: string): Uint8Array {
  return new Uint8Array(createHmac('sha256', key).update(text).digest())
}
