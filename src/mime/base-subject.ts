/**
 * The base subject (RFC 5256 §2.1): what is left without reply and forward marks, so that a reply's subject equals
 * the first message's. With the marks of other languages' mailers, which the RFC does not know.
 */

/** Characters of a subject that are looked at: more tells no two threads apart. */
export const SUBJECT_CHARS_MAX = 1_000

const REPLY_OR_FORWARD = [
  ...['re', 'fw', 'fwd', 'aw', 'wg', 'antw', 'antwort', 'sv', 'vs', 'vl', 'vb', 'rv', 'res', 'enc', 'rif', 'i', 'r'],
  ...['ref', 'tr', 'doorst', 'odp', 'pd', 'ynt', 'ilt', 'atb', 'bls', 'ang', 'ots', 'na', 'trs', 'továbbítás', 'vá'],
  ...['απ', 'σχετ', 'πρθ', 'на', 'отв', 'ответ', 'пересл', 'השב', 'הועבר', 'رد', 'إعادة توجيه'],
  ...['回复', '回覆', '答复', '答覆', '转发', '轉寄', '轉發', '返信', '転送', '답장', '회신', '전달'],
]

/** 'Re:', 'Re[2]:', 'Re (3):', 'Fwd[list]:', with the full-width colon of Chinese mailers too. */
const LEADER = new RegExp(
  `^(?:${REPLY_OR_FORWARD.join('|')}) ?(?:\\[[^\\[\\]]*\\]|\\(\\d+\\)|\\^?\\d{1,3})? ?[:：]`,
  'iu',
)
const BLOB = /^\[[^[\]]*\]/
const TRAILER = /\(fwd\)$/i
const FORWARD_WRAPPER = /^\[fwd:(.*)\]$/i

export function baseSubject(subject: string): string {
  let text = subject.slice(0, SUBJECT_CHARS_MAX).toWellFormed().replace(/\s+/g, ' ').trim()
  for (let before = ''; before !== text; ) {
    before = text
    text = text.replace(TRAILER, '').trimEnd()
    text = text.replace(LEADER, '').trimStart()
    text = withoutBlob(text)
    text = FORWARD_WRAPPER.exec(text)?.[1]?.trim() ?? text
  }
  return text
}

/** A subject without the marks at its beginning that say it answers or forwards; a list's '[name]' stays. */
export function withoutMarks(subject: string): string {
  // Each mark costs a look at the rest.
  let text = subject.slice(0, SUBJECT_CHARS_MAX).toWellFormed().replace(/\s+/g, ' ').trim()
  for (let before = ''; before !== text; ) {
    before = text
    text = text.replace(LEADER, '').trimStart()
  }
  return text
}

/** A list's '[name]' goes, unless it is all there is (RFC 5256 §2.1 step 4). */
function withoutBlob(text: string): string {
  return text.replace(BLOB, '').trimStart() || text
}
