/**
 * Lures: what a message wants of its reader, told by words of several kinds together and by where its links lead. One tag at
 * most, the heaviest that fits, since each lure borrows words of the next.
 *
 * Words are weak: honest notices say "verify your account" too. What they do not do is lead elsewhere for it, so the links
 * must have nothing to do with the sender's own domain.
 */
import { domainOf, type Facts } from '../facts.ts'
import { type Finding, found } from '../finding.ts'
import { isClickCounter, isFreemail } from '../known-hosts.ts'
import { countLureWords, type WordCounts } from '../lure-words.ts'

/** An address of the Bitcoin network, as text: base58 or bech32. */
const BITCOIN_ADDRESS = /\b(?:[13][1-9A-HJ-NP-Za-km-z]{25,34}|bc1[02-9ac-hj-np-z]{25,60})\b/
/** A sum that nobody mails a stranger about. */
const GREAT_SUM =
  /(?:[$€£]|\b(?:usd|eur|gbp|us)\b\s?\$?)\s?\d{1,3}(?:[.,]\d{3}){2,}|\d+(?:[.,]\d+)?\s?(?:million|millionen|millones|milhoes)\b/
/** Somebody else's key to an account that is full: 'customer id: ... password: ...'. */
const HOLDS_LOGIN =
  /(?:\bid|user|username|login|account)\W{1,5}\w{4,30}\W{1,20}(?:pass(?:word|code)?|pin|pwd|private key)\s?[:=]/
const WITHDRAWAL = /\b(?:withdraw\w*|cash ?out|your balance|now rich|transfer(?:red)? to you)\b/
const AMOUNT = /[$€£]\s?\d|\d\s?[$€£]|\d\.\d{2,8}.?\s?btc/
const PHONE = /\+?1?[\s.(-]{0,3}\d{3}[\s.)-]{1,3}\d{3}[\s.-]{1,3}\d{4}\b/
const BILLING =
  /\b(?:renew|subscription|charged|invoice|cancel|refund|antivirus|norton|mcafee|paypal|geek squad|auto-?debit|billing|order id|helpline|toll.?free)/g
const BILLING_WORDS_MIN = 4
/** Characters of the text searched for addresses of coins. */
const TEXT_CHARS_MAX = 5_000
/** Words of a kind that a report shows. */
const SHOWN_MAX = 4

export function lureSignals(facts: Facts): Finding[] {
  if (facts.isBounce || isConversation(facts)) return []
  const counts = countLureWords(facts.words)
  const n = (kind: keyof WordCounts) => counts[kind].size
  const shown = (...kinds: (keyof WordCounts)[]) =>
    kinds.flatMap((kind) => [...counts[kind]].slice(0, SHOWN_MAX).map(readable)).join(', ')
  const isElsewhere = leadsElsewhere(facts)
  const hasCoinAddress = BITCOIN_ADDRESS.test(facts.message.text.slice(0, TEXT_CHARS_MAX))

  if (
    n('threat') >= 4 &&
    (hasCoinAddress || (n('threat') >= 6 && n('coins') >= 1 && !facts.linkSites.has(facts.fromSite)))
  )
    return [found('LURE_EXTORTION', shown('threat'))]
  if (n('fortune') >= FORTUNE_WORDS_OF_A_STRANGER && isBlind(facts)) return [found('LURE_FORTUNE', shown('fortune'))]
  if (n('fortune') >= 4 || (n('fortune') >= 3 && GREAT_SUM.test(facts.words))) {
    if (facts.urls.length <= URLS_OF_A_LETTER) return [found('LURE_FORTUNE', shown('fortune'))]
  }
  if (n('coins') >= 1 && facts.urls.length <= URLS_OF_A_LETTER && holdsFortune(facts)) {
    return [found('LURE_COINS', shown('coins'))]
  }
  if (wantsCall(facts)) return [found('LURE_CALL', PHONE.exec(facts.words)?.[0])]
  if (!isElsewhere) return []
  if (n('coins') >= 2 && n('prize') + n('pressure') >= 2)
    return [found('LURE_COINS', shown('coins', 'prize', 'pressure'))]
  if (n('goods') >= 2 && !facts.isList) return [found('LURE_GOODS', shown('goods'))]
  if (n('prize') >= 3) return [found('LURE_PRIZE', shown('prize'))]
  if (n('parcel') >= 2 && n('pressure') >= 1) return [found('LURE_PARCEL', shown('parcel', 'pressure'))]
  if (n('pressure') >= 2 && n('account') >= 2) return [found('LURE_ACCOUNT', shown('pressure', 'account'))]
  return []
}

/** The beginning of a word, as people write one. */
function readable(word: string): string {
  return word.replace(/-$/, '…')
}

/** Somebody else's login, or a sum that waits to be withdrawn, in a letter from anybody. */
function holdsFortune({ words, fromDomain }: Facts): boolean {
  return HOLDS_LOGIN.test(words) || (isFreemail(fromDomain) && WITHDRAWAL.test(words) && AMOUNT.test(words))
}

/** A free mailbox bills for a company and wants to be called: who calls is talked into more. */
function wantsCall({ words, fromDomain, urls }: Facts): boolean {
  if (!isFreemail(fromDomain) || urls.length > URLS_OF_A_LETTER || !PHONE.test(words)) return false
  return new Set(words.match(BILLING)).size >= BILLING_WORDS_MIN
}

/** An answer, or what members of a list tell each other: they speak about lures. */
function isConversation({ isList, isAnswer, html }: Facts): boolean {
  return isAnswer || (isList && html.hrefs.length === 0)
}

/** No link leads to the sender, and there is one. */
function leadsElsewhere({ linkSites, fromSite, urls }: Facts): boolean {
  return (
    linkSites.size > 0 &&
    ![...linkSites].every(isClickCounter) &&
    !linkSites.has(fromSite) &&
    urls.length <= URLS_OF_A_LURE
  )
}

/** Fewer words will do where many were written to at once, from a free mailbox or with answers to elsewhere. */
const FORTUNE_WORDS_OF_A_STRANGER = 2
function isBlind({ message, fromDomain, links }: Facts): boolean {
  const to = message.envelope.to
  const [reply] = message.envelope.replyTo
  if (to.some((one) => one.address.includes('@')) || links.length > 0) return false
  return isFreemail(fromDomain) || (reply !== undefined && domainOf(reply.address.toLowerCase()) !== fromDomain)
}

/** A letter has none, or that of the news that is to prove it. */
const URLS_OF_A_LETTER = 2
/** A lure has a door or two, and some footer; a page of news has dozens, and every word there is. */
const URLS_OF_A_LURE = 15
