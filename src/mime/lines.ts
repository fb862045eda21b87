/**
 * What ends a line. LF, with or without CR before it; only a message that has no LF at all and does have CR (old
 * Macintosh files, broken exporters) is read by its CRs. In any other message a lone CR is content and a defect: to
 * split there would let a sender show us a header that no other server sees.
 */
export type LineEnd = 10 | 13

export function lineEndOf(bytes: Uint8Array): LineEnd {
  return bytes.indexOf(10) < 0 && bytes.indexOf(13) >= 0 ? 13 : 10
}
