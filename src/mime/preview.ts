/** The first words of a message, for lists: what its author wrote, not what they quote. */
import { clip, storable } from './storable.ts'

export const PREVIEW_CHARS_MAX = 200
/** Characters of the text that are looked at: a quotation longer than this is all the preview that there is. */
const INPUT_CHARS_MAX = 16_384

export function previewOf(text: string): string {
  const lines = clip(text, INPUT_CHARS_MAX).split('\n')
  // RFC 3676 §4.3: a line of two hyphens and a space begins the signature.
  const signature = lines.findIndex((line) => /^-- ?\r?$/.test(line))
  const body = signature < 0 ? lines : lines.slice(0, signature)
  const own = body.filter((line, index) => !line.startsWith('>') && !introducesQuote(line, body[index + 1]))
  return shorten(own) || shorten(body) || shorten(lines)
}

/** 'On Monday Ann wrote:', in whatever language, right above a quotation. */
function introducesQuote(line: string, next: string | undefined): boolean {
  return next?.startsWith('>') === true && line.length < 200 && line.trimEnd().endsWith(':')
}

function shorten(lines: string[]): string {
  // Newsletters pad their first line with invisible characters, to push the rest out of the list.
  const visible = lines.join(' ').replace(/\u034f|[\u200b\u2060\ufeff\u00ad]/g, '')
  const flat = visible.replace(/[\s\p{Cc}][\s\p{Cc}\u200c\u200d]*/gu, ' ')
  return clip(storable(flat.trim()), PREVIEW_CHARS_MAX).trimEnd()
}
