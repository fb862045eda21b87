/**
 * The words of a message for the Bayesian classifier, each with the place where it stands: a word of the subject says
 * something else than the same word in the text.
 *
 * Words are kept as they are, since they are what a person is shown as clues; what is counted is their hash.
 */
import type { ParsedMessage } from '../../mime/message.ts'
import { linkHosts } from './hosts.ts'
import { BODY_CHARS_MAX, isLearnedField, leadingParts } from './text.ts'

/** Distinct words of one message. */
const WORDS_MAX = 600
const WORD_CHARS_MAX = 20
const FIELD_CHARS_MAX = 200
const RECEIVED_MAX = 2
const ADDRESSES_MAX = 4

const WORD = /[\p{L}\p{N}$!'€£-]{2,40}/gu
/** What stands in structured fields: hosts, programs, parameters. */
const TOKEN = /[^\s,;<>()"[\]]{3,40}/g
/** Fields that are read in a way of their own, or differ in each message of one author. */
const NOT_TOKENS =
  /^(?:from|reply-to|to|cc|bcc|subject|date|message-id|in-reply-to|references|content-|mime-version|thread-)/

/** Distinct words by their hash, in the order in which they stand. */
export function wordsOf(message: ParsedMessage): Map<number, string> {
  const words = new Words()
  readFields(message, words)
  for (const { name, address } of [...message.envelope.from, ...message.envelope.replyTo].slice(0, ADDRESSES_MAX)) {
    const folded = address.toLowerCase()
    words.add('from:', folded)
    words.add('from:@', folded.slice(folded.lastIndexOf('@') + 1))
    words.addText('from:', name.slice(0, FIELD_CHARS_MAX))
  }
  words.addText('subject:', (message.envelope.subject ?? '').slice(0, FIELD_CHARS_MAX * 2))
  for (const host of linkHosts(message)) {
    words.add('link:', host)
    words.add('link:', host.split('.').slice(-2).join('.'))
  }
  for (const part of leadingParts(message.structure)) {
    words.add('part:', `${part.type}/${part.subtype}`)
    words.add('part:', part.encoding)
    words.add('part:', part.params.charset?.toLowerCase() ?? '')
  }
  words.addText('', message.text.slice(0, BODY_CHARS_MAX))
  return words.byHash
}

function readFields({ fields }: ParsedMessage, words: Words): void {
  let received = 0
  for (const { key, raw } of fields) {
    const start = raw.slice(0, FIELD_CHARS_MAX)
    if (key === 'to') words.addText('to:', start)
    if (!isLearnedField(key) || NOT_TOKENS.test(key)) continue
    // A program's name is one word.
    if (key === 'x-mailer' || key === 'user-agent') words.add(`${key}:`, start.trim().slice(0, 40).toLowerCase())
    else if (key === 'received' && ++received > RECEIVED_MAX) continue
    else words.addTokens(`${key}:`, key === 'received' ? withoutTime(start) : start)
  }
}

/** A Received field ends with when it was (RFC 5321 §4.4), which is no word about the sender. */
function withoutTime(received: string): string {
  return received.replace(/;[^;]*$/, '')
}

class Words {
  readonly byHash = new Map<number, string>()

  add(place: string, word: string): void {
    if (word === '' || this.byHash.size >= WORDS_MAX) return
    const whole = place + word
    this.byHash.set(hashOf(whole), whole)
  }

  addTokens(place: string, text: string): void {
    for (const [token] of text.toLowerCase().matchAll(TOKEN)) this.add(place, token)
  }

  addText(place: string, text: string): void {
    for (const [word] of text.toLowerCase().matchAll(WORD)) this.add(place, word.slice(0, WORD_CHARS_MAX))
  }
}

/** FNV-1a over UTF-16 units. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}
