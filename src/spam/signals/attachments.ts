/** Attachments that run when they are opened, or that hide what they are, by their names. What is in them: attachment-content.ts. */
import type { Attachment } from '../../mime/message.ts'
import type { Facts } from '../facts.ts'
import { type Finding, found } from '../finding.ts'
import { isProgramName } from '../program-names.ts'

const DOUBLE =
  /\.(?:pdf|docx?|xlsx?|pptx?|txt|rtf|csv|jpe?g|png|gif|mp[34]|zip|html?)[\s_.]*\.(?:exe|scr|pif|com|bat|cmd|cpl|jse?|vb[se]|ws[fh]|hta|msi|jar|lnk|ps1|iso|img)$/i
/** Marks that turn letters around: 'invoice_fdp.exe' is shown as 'invoice_exe.pdf'. */
const OVERRIDE = /[\u202d\u202e]/
/** Marks that only set a run apart: programs put them around names in Arabic and Hebrew, and Windows before a copied path. */
const EMBEDDING = /[\u202a\u202b\u2066-\u2068]/
/** The marks that end such runs, at the end of a name. */
const ENDS = /[\u202c\u2069\s.]+$/
const HTML = /\.(?:s?html?|xhtml?|mht(?:ml)?)$/i
/** Names are judged by their end. */
const NAME_CHARS_MAX = 255
/** Attachments looked at. */
const ATTACHMENTS_MAX = 100

export function attachmentSignals({ message, isBounce }: Facts): Finding[] {
  const findings = new Map<string, Finding>()
  for (const attachment of message.attachments.slice(0, ATTACHMENTS_MAX)) {
    const finding = judge(attachment)
    // A bounce returns what somebody sent, text and all.
    if (finding && !(isBounce && finding.name === 'ATTACHMENT_HTML') && !findings.has(finding.name)) {
      findings.set(finding.name, finding)
    }
  }
  return [...findings.values()]
}

/** The worst that an attachment's name tells. */
function judge(attachment: Attachment): Finding | null {
  const name = (attachment.filename ?? '').slice(-NAME_CHARS_MAX).trim()
  // Windows drops dots and blanks at the end of a name.
  const plain = name.replace(/[\s.]+$/, '')
  if (OVERRIDE.test(name) || (EMBEDDING.test(name) && isProgramName(plain.replace(ENDS, ''))))
    return found('ATTACHMENT_BIDI_NAME', name)
  if (DOUBLE.test(plain)) return found('ATTACHMENT_DOUBLE_EXTENSION', name)
  if (isProgramName(plain) && !isText(attachment)) return found('ATTACHMENT_EXECUTABLE', name)
  if (HTML.test(plain) && attachment.disposition === 'attachment') return found('ATTACHMENT_HTML', name)
  return null
}

/** Developers send each other scripts as text; a mail program shows those instead of running them. */
function isText({ contentType }: Attachment): boolean {
  return contentType === 'text/plain' || contentType === 'text/x-patch' || contentType === 'text/x-diff'
}
