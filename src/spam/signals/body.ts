/** How the body is built. Newsletters are HTML with images too, so most of these weigh little on their own. */
import type { Part } from '../../mime/message.ts'
import type { Facts } from '../facts.ts'
import { type Finding, found } from '../finding.ts'

/** Visible characters besides blanks: two short lines. A newsletter's footer alone has more. */
const LITTLE_TEXT_CHARS = 100
/** Characters of the text that are looked at. */
const TEXT_CHARS_MAX = 20_000
/** A word in the letters of formulas: read as text by people, and as nothing by a filter of words. A formula has one or two. */
const STYLED = /[\u{1d400}-\u{1d7cb}]{4,20}/u

export function bodySignals(facts: Facts): Finding[] {
  const { message, html, links, parts } = facts
  const findings: Finding[] = []
  if (message.defects.includes('8bit-in-7bit')) findings.push(found('BODY_8BIT_IN_7BIT'))
  if (html.linkedImages > 0 && links.length > 0 && html.textChars < LITTLE_TEXT_CHARS) {
    findings.push(found('IMAGE_LINK_LITTLE_TEXT', `${html.textChars}`))
  }
  const styled = STYLED.exec(message.envelope.subject ?? '') ?? STYLED.exec(message.text.slice(0, TEXT_CHARS_MAX))
  if (styled) findings.push(found('STYLED_LETTERS', styled[0]))
  // The alternative that lacks its text says more than the lack of any alternative: one of the two is told.
  if (parts.some(lacksText)) findings.push(found('ALTERNATIVE_WITHOUT_TEXT'))
  else if (message.html !== null && !message.textIsOriginal) findings.push(found('HTML_ONLY'))
  return findings
}

/** RFC 2046 §5.1.4: alternatives are the same content in several forms, so HTML without text is no alternative. */
function lacksText(part: Part): boolean {
  if (part.type !== 'multipart' || part.subtype !== 'alternative') return false
  const holds = (subtype: string) => part.parts.some((one) => one.type === 'text' && one.subtype === subtype)
  return holds('html') && !holds('plain')
}
