/** Replies as the tests write them: only what decides. */
import { htmlToText } from '../../../src/mime/html-text.ts'
import { type ReplySource, replyText } from '../../../src/mime/reply-text.ts'

const REPLY: ReplySource = {
  text: '',
  html: null,
  textIsOriginal: true,
  inReplyTo: ['first@example.org'],
  references: [],
}
const NO_REPLY: ReplySource = { ...REPLY, inReplyTo: [], subject: 'Hello' }

export const ofReply = (text: string) => replyText({ ...REPLY, text })
export const ofForward = (text: string) => replyText({ ...NO_REPLY, text, subject: 'Fwd: Hello' })
export const ofNoReply = (text: string) => replyText({ ...NO_REPLY, text })
export const ofHtml = (html: string, source: Partial<ReplySource> = {}) =>
  replyText({ ...REPLY, html, text: htmlToText(html), textIsOriginal: false, ...source })
export const ofNoReplyHtml = (html: string) => ofHtml(html, { inReplyTo: [], subject: 'Hello' })
