/** One message for a language model: what the server knows of it in sentences, around the fenced words of strangers. */
import type { Deps } from '../../deps.ts'
import type { Content } from '../../mailbox/read.ts'
import type { MessageDetail } from '../../mailbox/view.ts'
import { agentText, plainAddress } from '../../mime/agent-text.ts'
import type { Address } from '../../mime/message.ts'
import type { SenderVerdict } from '../../verify/verdict.ts'
import { formatId } from './ids.ts'
import { formatForeignTime, formatTime } from './schemas.ts'

const NAME_BYTES = 16
const ADDRESSES_MAX = 20

export function renderForAgent(deps: Deps, detail: MessageDetail, content: Content): string {
  const { envelope } = detail
  const { headers: _, extractedText: __, ...body } = content
  return agentText(
    {
      facts: factsOf(detail),
      fields: [
        ['From', displayed(envelope.from)],
        ['To', displayed(envelope.to)],
        ['Cc', displayed(envelope.cc)],
        ['Reply-To', displayed(envelope.replyTo)],
        ['Subject', detail.subject],
      ].filter((field): field is [string, string] => field[1] !== ''),
      body: { ...body, subject: detail.subject },
      attachments: detail.attachments,
    },
    () => nameOf(deps.random(NAME_BYTES)),
  )
}

function nameOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function displayed(addresses: readonly Address[]): string {
  const shown = addresses.slice(0, ADDRESSES_MAX).map(({ name, address }) => (name ? `${name} <${address}>` : address))
  return [...shown, ...(addresses.length > ADDRESSES_MAX ? [`and ${addresses.length - ADDRESSES_MAX} more`] : [])].join(
    ', ',
  )
}

function factsOf(detail: MessageDetail): string[] {
  const dated = formatForeignTime(detail.sentAt)
  const recipient = plainAddress(detail.recipient)
  return [
    `Message ${formatId('msg', detail.id)}, in the conversation ${formatId('thr', detail.threadId)}.`,
    `Received: ${formatTime(detail.receivedAt)}${recipient === null ? '' : ` for ${recipient}`}.`,
    ...(dated === null ? [] : [`Dated by its sender: ${dated}.`]),
    `From: ${named(detail.from.address)}`,
    ...addressed('To', detail.envelope.to),
    ...addressed('Cc', detail.envelope.cc),
    provenBy(detail.authentication, plainAddress(detail.from.address)),
    judged(detail),
    ...(detail.attachments.length > 0 ? [`Attachments: ${detail.attachments.length}, listed below.`] : []),
  ]
}

function named(address: string): string {
  return plainAddress(address) ?? 'an address that is not of plain letters: it stands among the header fields below.'
}

function addressed(field: string, addresses: readonly Address[]): string[] {
  const plain = addresses.slice(0, ADDRESSES_MAX).map(({ address }) => plainAddress(address))
  const shown = plain.filter((address) => address !== null)
  const others = addresses.length - shown.length
  if (addresses.length === 0) return []
  return [`${field}: ${[...shown, ...(others > 0 ? [`${others} more, below`] : [])].join(', ')}`]
}

function provenBy({ source, dmarc }: SenderVerdict, from: string | null): string {
  const domain = from === null ? 'of its sender' : from.slice(from.lastIndexOf('@') + 1)
  if (source === 'local') return 'Sender: proven. An account of this server sent it, as itself.'
  if (dmarc.result === 'pass') return `Sender: proven to be of the domain ${domain} (DMARC passes).`
  if (dmarc.result === 'fail')
    return `Sender: NOT proven, and the domain ${domain} says that its mail would be (DMARC fails). It may be forged.`
  return `Sender: not proven. Anybody may have written the address (DMARC: ${dmarc.result}).`
}

const REASONS: Record<NonNullable<MessageDetail['report']>['reason'], string> = {
  'below-threshold': 'its score stays below the threshold',
  score: 'its score reaches the threshold',
  'quarantine-score': 'its score reaches the threshold of quarantine',
  'allow-list': 'its sender stands in the list of those to allow',
  'block-list': 'its sender stands in the list of those to block',
  malware: 'it brings a program in disguise',
}

function judged({ report, spam }: MessageDetail): string {
  if (report === null) return `Spam filter: ${spam === null ? 'has not judged it' : `judged ${spam.verdict}`}.`
  const { verdict, score, threshold, reason } = report
  return `Spam filter: judged ${verdict}, since ${REASONS[reason]} (${score} points; junk from ${threshold} on).`
}
