/**
 * What attachments are, by their first bytes: programs under another name, archives that hold one or that no filter can look
 * into, documents with macros, pages that act. Only where the caller hands in the message's bytes.
 *
 * Bounded: at most ATTACHMENTS_MAX attachments, the beginning of each.
 */
import { latin1 } from '../../mime/latin1.ts'
import type { Part } from '../../mime/message.ts'
import { decodeTransferBytes } from '../../mime/transfer.ts'
import { readArchive, startsWith } from '../archive-names.ts'
import type { Facts } from '../facts.ts'
import { type Finding, found } from '../finding.ts'
import { readHtml } from '../html-facts.ts'
import { isOpenlyProgram, isProgramInArchive } from '../program-names.ts'

const ATTACHMENTS_MAX = 10
/** Encoded bytes decoded of one attachment: 48 KB of base64. */
const ENCODED_BYTES_MAX = 64 * 1024
/** A program for Windows says in its first header where the second is. */
const MZ_HEADER_BYTES = 64
const OLE = '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'
/** The folder of macros in an OLE document, its name in UTF-16. */
const OLE_MACROS = '_\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T\0'
const MACRO_NAME = /\.(?:doc|dot|xls|xlt|xla|ppt|pot|pps|sld)m$|\.xlam$|\.xll$/i
const PAGE_NAME = /\.(?:s?html?|xhtml?|svg)$/i
/** What builds a page out of sight, or leaves it for another. */
const ACTING =
  /\batob\s{0,3}\(|\bunescape\s{0,3}\(|fromCharCode|document\.write|\beval\s{0,3}\(|location\s{0,3}(?:\.href\s{0,3})?=|location\.(?:replace|assign)\s{0,3}\(|XMLHttpRequest|\bfetch\s{0,3}\(/

export function attachmentContentSignals({ bytes, parts, message, isBounce }: Facts): Finding[] {
  if (bytes === undefined || isBounce) return []
  const paths = new Set(message.attachments.slice(0, ATTACHMENTS_MAX).map((one) => one.part))
  return parts.filter((part) => paths.has(part.path || '1')).flatMap((part) => judge(part, beginningOf(part, bytes)))
}

function beginningOf({ encoding, bodyStart, bodyEnd }: Part, bytes: Uint8Array): Uint8Array {
  return decodeTransferBytes(encoding, bytes.subarray(bodyStart, Math.min(bodyEnd, bodyStart + ENCODED_BYTES_MAX)))
    .bytes
}

function judge(part: Part, content: Uint8Array): Finding[] {
  const name = part.filename ?? ''
  const findings: Finding[] = []
  if (isProgram(content) && !isOpenlyProgram(name)) findings.push(found('ATTACHMENT_DISGUISED_PROGRAM', name))
  const archive = readArchive(content)
  const program = archive?.names.find((one) => isProgramInArchive(one, archive.isOneFile))
  if (program !== undefined) findings.push(found('ARCHIVE_HOLDS_PROGRAM', `${name}, ${program}`))
  if (archive?.isEncrypted) findings.push(found('ATTACHMENT_ENCRYPTED', name))
  if (hasMacros(name, content, archive?.names ?? [])) findings.push(found('ATTACHMENT_MACROS', name))
  if (isActingPage(part, content)) findings.push(found('ATTACHMENT_ACTS', name))
  return findings
}

function isProgram(content: Uint8Array): boolean {
  if (!startsWith(content, 'MZ') || content.length < MZ_HEADER_BYTES) return startsWith(content, '\x7fELF')
  const at = new DataView(content.buffer, content.byteOffset).getUint32(60, true)
  return at + 4 <= content.length && startsWith(content.subarray(at), 'PE\0\0')
}

function hasMacros(name: string, content: Uint8Array, names: string[]): boolean {
  if (MACRO_NAME.test(name) || names.some((one) => /(?:^|\/)vbaProject\.bin$/i.test(one))) return true
  return startsWith(content, OLE) && latin1(content).includes(OLE_MACROS)
}

function isActingPage(part: Part, content: Uint8Array): boolean {
  const isPage = PAGE_NAME.test(part.filename ?? '') || part.subtype === 'html' || part.subtype === 'svg+xml'
  if (!isPage) return false
  const text = latin1(content)
  const { formActions, passwordFields, scripts, refreshes } = readHtml(text)
  return passwordFields > 0 || refreshes > 0 || formActions.length > 0 || (scripts > 0 && ACTING.test(text))
}
