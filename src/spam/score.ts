/**
 * The score: what each finding is worth, the sentence that its owner reads, and the verdict.
 *
 * The fourth step of inbound mail: parse -> verify -> SCORE -> file. Pure: the same input gives the same report.
 *
 * Points are modest, so that no single oddity sends honest mail to Junk at a threshold of 5: the exceptions are attachments
 * made to deceive. They were measured on archives of honest and unwanted mail; a rule that honest mail met often was
 * lowered or dropped. Only proof lowers a score: what the account itself has taught, and what is authentic.
 *
 * Invariants:
 *  - A list entry decides alone (lists.ts); the tags and the score are told all the same.
 *  - The report is bounded: at most one tag a name, each sentence with at most 80 characters of what a stranger wrote.
 */
import { findTags } from './find-tags.ts'
import type { Finding, TagName } from './finding.ts'
import { DEFAULT_POLICY, type Policy, type SpamInput } from './input.ts'
import type { Clue } from './learned/bayes.ts'
import { featuresOf } from './learned/features.ts'
import { opinionOf } from './learned/opinion.ts'
import { decideByLists, type ListDecision } from './lists.ts'
import type { SpamReport, Tag } from './report.ts'
import { showSeen } from './seen.ts'
import { learnedSignals } from './signals/learned.ts'
import { shippedSignals } from './signals/shipped.ts'

/** More than there are names: a bound for what is stored, whatever the rules do. */
export const TAGS_MAX = 150

type Judgement = Pick<SpamReport, 'verdict' | 'reason'>

type Worth = {
  /** At most so many, where a finding is worth a share. */
  points: number
  /** One sentence; '{seen}' is what the rule saw. */
  sentence: string
}

export const WORTH: Readonly<Record<TagName, Worth>> = {
  FROM_MISSING: { points: 2.5, sentence: 'The message names no sender.' },
  FROM_MALFORMED: { points: 3.5, sentence: 'The From field holds no readable address: {seen}.' },
  FROM_MULTIPLE: { points: 3, sentence: 'The message names several senders: {seen}.' },
  HEADER_DUPLICATE: { points: 2, sentence: 'The field {seen} stands twice with different values.' },
  FROM_8BIT: { points: 1, sentence: "The sender's name is not encoded as mail programs do it." },
  SUBJECT_8BIT: { points: 1, sentence: 'The subject is not encoded as mail programs do it.' },
  MESSAGE_ID_MISSING: { points: 0.5, sentence: 'The message has no Message-ID.' },
  MESSAGE_ID_MALFORMED: { points: 0.7, sentence: 'The Message-ID is not written as mail programs do it.' },
  DATE_MISSING: { points: 0.5, sentence: 'The message has no date.' },
  DATE_MALFORMED: { points: 1.5, sentence: 'The date cannot be read.' },
  RECIPIENT_MISSING: { points: 0.5, sentence: 'The message names no recipient.' },
  SUBJECT_MISSING: { points: 0.5, sentence: 'The message has no subject field.' },
  DATE_IN_FUTURE: { points: 2, sentence: 'The message is dated in the future: {seen}.' },
  UNDISCLOSED_RECIPIENTS: { points: 1.2, sentence: 'The recipients are hidden ("undisclosed recipients").' },
  NAME_HOLDS_ADDRESS: { points: 2.5, sentence: "The sender's name shows an address that is not the sender's: {seen}." },
  NAME_MIXED_SCRIPTS: { points: 3, sentence: "A word in the sender's name mixes look-alike alphabets: {seen}." },
  FROM_DOMAIN_MIXED_SCRIPTS: { points: 4, sentence: "The sender's domain mixes look-alike alphabets: {seen}." },
  REPLY_TO_FREEMAIL: { points: 1.5, sentence: 'Answers go to a free mailbox that is not the sender: {seen}.' },
  SUBJECT_CAPITALS: { points: 1, sentence: 'The subject is written in capitals: {seen}.' },
  SUBJECT_CURRENCY: { points: 0.5, sentence: 'The subject names an amount of money: {seen}.' },
  SUBJECT_HIDDEN_CHARACTERS: {
    points: 2.5,
    sentence: 'A word of the subject or name has invisible characters inside: {seen}.',
  },
  PRIORITY_HIGH: { points: 0.5, sentence: 'The sender marked the message as urgent.' },
  URL_IP_HOST: { points: 1.5, sentence: 'A link leads to a bare network address: {seen}.' },
  URL_SHORTENER: { points: 1.5, sentence: 'A link hides its target behind a shortener: {seen}.' },
  URL_FREE_HOSTING: { points: 1.2, sentence: 'A link leads to a page on free hosting: {seen}.' },
  URL_ZERO_WIDTH: { points: 3, sentence: 'A link has invisible characters in its host: {seen}.' },
  URL_MIXED_SCRIPTS: { points: 3, sentence: 'A link leads to a host that mixes look-alike alphabets: {seen}.' },
  URL_USER_LOOKS_LIKE_HOST: { points: 2.5, sentence: 'A link shows one host and leads to another: {seen}.' },
  BODY_8BIT_IN_7BIT: { points: 1.5, sentence: 'The text has bytes that its encoding forbids.' },
  IMAGE_LINK_LITTLE_TEXT: { points: 2.5, sentence: 'Images and links with little text ({seen} characters).' },
  STYLED_LETTERS: { points: 2, sentence: 'Words are written in signs that only look like letters: {seen}.' },
  HTML_ONLY: { points: 0.5, sentence: 'The message is HTML without a plain text.' },
  ALTERNATIVE_WITHOUT_TEXT: { points: 1, sentence: 'The message promises a plain text and has none.' },
  ATTACHMENT_EXECUTABLE: { points: 3.5, sentence: 'An attachment is a program: {seen}.' },
  ATTACHMENT_DOUBLE_EXTENSION: {
    points: 5,
    sentence: 'An attachment is a program that looks like a document: {seen}.',
  },
  ATTACHMENT_BIDI_NAME: { points: 5, sentence: "An attachment's name is written to be read backwards: {seen}." },
  ATTACHMENT_HTML: { points: 1.5, sentence: 'An attachment is a web page, as fake logins are: {seen}.' },
  SPF_FAIL: { points: 1, sentence: "The sending server is not one of the sender's domain ({seen}): SPF fails." },
  SPF_SOFTFAIL: {
    points: 0.5,
    sentence: "The sending server is probably not one of the sender's domain ({seen}): SPF softfail.",
  },
  DKIM_FAIL: { points: 1, sentence: 'The signature of {seen} does not verify: DKIM fails.' },
  DMARC_FAIL: { points: 2, sentence: 'The message is not from the domain that it names ({seen}): DMARC fails.' },
  DMARC_FAIL_BY_LIST: { points: 0.5, sentence: 'A mailing list passed it on, so that DMARC fails for {seen}.' },
  HELO_ODD: { points: 1, sentence: 'The sending server names itself as no mail server does: {seen}.' },
  HELO_OURS: { points: 1.5, sentence: 'The sending server, a stranger, calls itself by your own domain: {seen}.' },
  DNSBL_LISTED: { points: 2, sentence: 'A blocklist knows the sending server: {seen}.' },
  DNSBL_LISTED_STRONGLY: { points: 3.5, sentence: 'Blocklists agree on the sending server: {seen}.' },
  URL_DNSBL_LISTED: { points: 2.5, sentence: 'A blocklist knows where a link leads: {seen}.' },
  URL_DNSBL_LISTED_STRONGLY: { points: 3.5, sentence: 'Blocklists agree on where a link leads: {seen}.' },
  CLASSIFIER_SPAM: { points: 2.5, sentence: 'A language model takes the message for spam: {seen}.' },
  CLOUDFLARE_SCORE: { points: 1.5, sentence: "Cloudflare's own spam score is {seen} (0 and 1 are normal)." },
  SHIPPED_SPAM: { points: 3.5, sentence: 'It reads like the spam that the server comes with a memory of.' },
  LEARNED_SPAM: { points: 9, sentence: 'It resembles the mail that you reported as spam.' },
  LEARNED_HAM: { points: -8, sentence: 'It resembles the mail that you keep.' },
  WORDS_SPAM: { points: 4.5, sentence: 'Its words are those of the mail that you reported as spam: {seen}.' },
  WORDS_HAM: { points: -4, sentence: 'Its words are those of the mail that you keep: {seen}.' },
  ALLOW_LISTED: { points: 0, sentence: 'The sender is allowed: {seen}.' },
  BLOCK_LISTED: { points: 0, sentence: 'The sender is blocked: {seen}.' },
  ALLOW_NOT_AUTHENTIC: {
    points: 1,
    sentence: 'The sender would be allowed, but the message is not proven to be his: {seen}.',
  },
}

/** What no honest mail does: programs dressed up as something else. They are kept back whatever else speaks for the message. */
const MALWARE: ReadonlySet<string> = new Set<TagName>(['ATTACHMENT_DOUBLE_EXTENSION', 'ATTACHMENT_BIDI_NAME'])

export function scoreMessage(input: SpamInput): SpamReport {
  const lists = decideByLists(input)
  const learned = input.learned ?? null
  const opinion = opinionOf(learned, learned && featuresOf(input.message))
  const tags = toTags([...lists.findings, ...findTags(input), ...learnedSignals(opinion), ...shippedSignals(input)])
  const score = rounded(tags.reduce((sum, tag) => sum + tag.points, 0))
  const policy = input.policy ?? DEFAULT_POLICY
  return {
    score,
    threshold: policy.junk,
    ...judge(lists, tags, score, policy),
    tags,
    clues: opinion.clues.map(showClue),
  }
}

function judge({ decided }: ListDecision, tags: Tag[], score: number, policy: Policy): Judgement {
  if (decided?.list === 'allow') return { verdict: 'inbox', reason: 'allow-list' }
  if (decided?.list === 'block') return { verdict: policy.reject === 'never' ? 'junk' : 'reject', reason: 'block-list' }
  if (tags.some(({ name }) => MALWARE.has(name)))
    return { verdict: policy.reject === 'lists-and-malware' ? 'reject' : 'quarantine', reason: 'malware' }
  if (policy.quarantine !== null && score >= policy.quarantine)
    return { verdict: 'quarantine', reason: 'quarantine-score' }
  return score >= policy.junk ? { verdict: 'junk', reason: 'score' } : { verdict: 'inbox', reason: 'below-threshold' }
}

/** One tag a name, as the owner reads it. */
function toTags(findings: Finding[]): Tag[] {
  const tags = new Map<TagName, Tag>()
  for (const { name, seen, share = 1 } of findings) {
    if (tags.has(name) || tags.size >= TAGS_MAX) continue
    const { sentence } = WORTH[name]
    const points = rounded(WORTH[name].points * share)
    // A function, since '$&' in a replacement string is not what the sender wrote.
    tags.set(name, { name, points, detail: sentence.replace('{seen}', () => showSeen(seen)) })
  }
  return [...tags.values()]
}

/** A word is the sender's, as all that a report repeats of him. */
function showClue({ word, probability }: Clue): Clue {
  return { word: showSeen(word), probability: rounded(probability) }
}

function rounded(number: number): number {
  return Math.round(number * 100) / 100
}
