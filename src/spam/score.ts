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
  RECIPIENTS_ALIKE: { points: 2.5, sentence: 'The same name was tried at many domains: {seen}.' },
  UNDISCLOSED_RECIPIENTS: { points: 1.2, sentence: 'The recipients are hidden ("undisclosed recipients").' },
  RECIPIENT_PLACEHOLDER: { points: 1.5, sentence: 'The recipient is a place that was to be filled in: {seen}.' },
  MESSAGE_ID_FOREIGN: { points: 0.7, sentence: 'The Message-ID names a host that nothing else does: {seen}.' },
  NAME_IS_HOST: { points: 0.8, sentence: "The sender's name is a web address that is not his: {seen}." },
  NAME_HOLDS_NUMBER: { points: 1.2, sentence: "The name of a free mailbox's owner is a number: {seen}." },
  NAME_HOLDS_ADDRESS: { points: 2.5, sentence: "The sender's name shows an address that is not the sender's: {seen}." },
  NAME_MIXED_SCRIPTS: { points: 3, sentence: "A word in the sender's name mixes look-alike alphabets: {seen}." },
  FROM_DOMAIN_MIXED_SCRIPTS: { points: 4, sentence: "The sender's domain mixes look-alike alphabets: {seen}." },
  REPLY_TO_FREEMAIL: { points: 1.5, sentence: 'Answers go to a free mailbox that is not the sender: {seen}.' },
  SUBJECT_RANDOM: { points: 1, sentence: 'The subject holds random letters: {seen}.' },
  SUBJECT_CAPITALS: { points: 1, sentence: 'The subject is written in capitals: {seen}.' },
  SUBJECT_CURRENCY: { points: 0.5, sentence: 'The subject names an amount of money: {seen}.' },
  SUBJECT_HIDDEN_CHARACTERS: {
    points: 2.5,
    sentence: 'A word of the subject or name has invisible characters inside: {seen}.',
  },
  PRIORITY_HIGH: { points: 0.5, sentence: 'The sender marked the message as urgent.' },
  URL_IP_HOST: { points: 1.5, sentence: 'A link leads to a bare network address: {seen}.' },
  LINKS_ALL_SHORTENED: { points: 1, sentence: 'All links hide their targets behind shorteners.' },
  URL_SHORTENER: { points: 1.5, sentence: 'A link hides its target behind a shortener: {seen}.' },
  URL_FREE_HOSTING: { points: 1.2, sentence: 'A link leads to a page on free hosting: {seen}.' },
  URL_ZERO_WIDTH: { points: 3, sentence: 'A link has invisible characters in its host: {seen}.' },
  URL_MIXED_SCRIPTS: { points: 3, sentence: 'A link leads to a host that mixes look-alike alphabets: {seen}.' },
  URL_USER_LOOKS_LIKE_HOST: { points: 2.5, sentence: 'A link shows one host and leads to another: {seen}.' },
  BODY_8BIT_IN_7BIT: { points: 1.5, sentence: 'The text has bytes that its encoding forbids.' },
  IMAGE_LINK_LITTLE_TEXT: { points: 2.5, sentence: 'Pictures to click on, with little text ({seen} characters).' },
  STYLED_LETTERS: { points: 2, sentence: 'Words are written in signs that only look like letters: {seen}.' },
  HTML_ONLY: { points: 0.5, sentence: 'The message is HTML without a plain text.' },
  ALTERNATIVE_WITHOUT_TEXT: { points: 1, sentence: 'The message promises a plain text and has none.' },
  BRAND_IN_FREEMAIL: { points: 4, sentence: "The sender's name is a company's, and his mailbox a free one: {seen}." },
  BRAND_PRESSES: {
    points: 1.2,
    sentence: 'The message presses in the name of a company that did not send it: {seen}.',
  },
  BRAND_IN_NAME: { points: 3, sentence: "The sender's name is a company's, and his domain is not: {seen}." },
  BRAND_DISGUISED: { points: 4, sentence: "A company's name is written with look-alike letters: {seen}." },
  BRAND_IN_SUBJECT: {
    points: 1,
    sentence: 'The subject names {seen}, and neither sender nor links have to do with it.',
  },
  BRAND_IN_FROM_DOMAIN: { points: 2.5, sentence: "The sender's domain borrows a company's name: {seen}." },
  SENDER_UNRELATED: {
    points: 1.2,
    sentence: "Neither envelope nor signature have to do with the sender's domain: {seen}.",
  },
  FREEMAIL_UNRELATED: {
    points: 2,
    sentence: 'A free mailbox is named as the sender, and the message did not come from there: {seen}.',
  },
  FROM_IS_RECIPIENT: {
    points: 1,
    sentence: 'The message names its recipient as the sender, and comes from elsewhere: {seen}.',
  },
  FROM_DOMAIN_RANDOM: { points: 2, sentence: "The sender's domain looks like random letters: {seen}." },
  FROM_LOCAL_RANDOM: { points: 0.5, sentence: "The sender's mailbox looks like random letters: {seen}." },
  FROM_SUFFIX_CHEAP: { points: 1, sentence: "The sender's domain has a suffix that is much abused: {seen}." },
  FROM_TENANT_DEFAULT: { points: 2, sentence: "The sender uses a provider's default domain: {seen}." },
  FROM_DOMAIN_LOCAL: { points: 1, sentence: "The sender's domain is none of the internet's: {seen}." },
  NAME_DECORATED: { points: 0.8, sentence: "The sender's name is decorated: {seen}." },
  NAME_IS_RECIPIENTS: { points: 2, sentence: "The sender's name is the recipient's own domain or address: {seen}." },
  RECIPIENT_IN_SUBJECT: { points: 1.8, sentence: "The subject holds the recipient's address: {seen}." },
  RECIPIENT_GREETED: { points: 1.8, sentence: 'The recipient is greeted by his address: {seen}.' },
  SUBJECT_PICTOGRAPHS: { points: 0.5, sentence: 'The subject has several pictures: {seen}.' },
  SUBJECT_EXCLAIMED: { points: 0.5, sentence: 'The subject cries out: {seen}.' },
  SUBJECT_FALSE_REPLY: {
    points: 0.3,
    sentence: 'The subject says that it is an answer, and the message answers none: {seen}.',
  },
  LURE_EXTORTION: { points: 4.4, sentence: 'The message reads like blackmail: {seen}.' },
  LURE_FORTUNE: { points: 3.5, sentence: "The message offers a stranger's fortune: {seen}." },
  LURE_CALL: { points: 3.5, sentence: 'A free mailbox bills for a company and wants to be called: {seen}.' },
  LURE_COINS: { points: 2.5, sentence: 'The message lures to another site with coins: {seen}.' },
  LURE_GOODS: { points: 2, sentence: 'The message sells what spam sells, on another site: {seen}.' },
  LURE_PRIZE: { points: 2, sentence: 'The message promises a prize on another site: {seen}.' },
  LURE_PARCEL: { points: 2, sentence: 'The message presses about a parcel and leads to another site: {seen}.' },
  LURE_ACCOUNT: { points: 2, sentence: 'The message presses about an account and leads to another site: {seen}.' },
  URL_BRAND_IN_HOST: { points: 2, sentence: "A link's host borrows a company's name: {seen}." },
  LINK_TEXT_BRAND: { points: 3, sentence: "A link shows a company's address and leads elsewhere: {seen}." },
  RECIPIENT_IN_LINK: { points: 1.2, sentence: "A link hands the recipient's address to another site: {seen}." },
  URL_REDIRECTOR: { points: 1.2, sentence: 'A link hides its target behind a page that leads on: {seen}.' },
  URL_INTRUDED: { points: 1.5, sentence: "A link leads into a folder of a website's own files: {seen}." },
  URL_IPFS: { points: 2, sentence: 'A link leads to a page that nobody can be asked to take down: {seen}.' },
  URL_PORT: { points: 1, sentence: 'A link leads to an unusual port: {seen}.' },
  URL_SUFFIX_CHEAP: { points: 1, sentence: 'A link leads to a domain with a suffix that is much abused: {seen}.' },
  URL_HOST_RANDOM: { points: 1, sentence: 'A link leads to a domain that looks like random letters: {seen}.' },
  URL_PLACEHOLDER: { points: 0.7, sentence: 'A link has a place that was to be filled in: {seen}.' },
  URL_DATA: { points: 2, sentence: 'A link holds a page or a program itself: {seen}.' },
  LINKS_LEAD_ELSEWHERE: { points: 1.8, sentence: 'All links lead to sites that nothing ties to the sender: {seen}.' },
  BRAND_LEADS_ELSEWHERE: { points: 2.5, sentence: "A company's message has links, and none to the company: {seen}." },
  URL_LISTED: { points: 3.5, sentence: 'A link leads to a listed domain: {seen}.' },
  LETTERS_ENCODED: { points: 1.5, sentence: 'Plain letters are encoded in the field {seen}.' },
  MIME_VERSION_MISSING: { points: 0.3, sentence: 'The message has parts, and lacks the field that says so.' },
  UNSUBSCRIBE_MALFORMED: { points: 2, sentence: 'The way to unsubscribe is no address: {seen}.' },
  MULTIPART_ODD: { points: 1.5, sentence: 'The message pretends to be a {seen}.' },
  TEXT_MOJIBAKE: { points: 1, sentence: 'Letters of the text were garbled by the sender.' },
  DATE_WITHOUT_ZONE: { points: 0.5, sentence: 'The date has no time zone: {seen}.' },
  MAILER_FALSE: { points: 2, sentence: 'The message is not built as the program that it names builds mail: {seen}.' },
  ALTERNATIVES_DIFFER: { points: 1.5, sentence: 'The plain text says something else than what is shown.' },
  ALTERNATIVE_TEXT_EMPTY: { points: 0.7, sentence: 'The plain text beside what is shown is empty.' },
  HIDDEN_TEXT: { points: 1, sentence: 'The message hides text ({seen} characters).' },
  WORDS_SPLIT: { points: 2, sentence: 'Words have something invisible inside ({seen} times).' },
  TEXT_MIXED_SCRIPTS: { points: 1.5, sentence: 'A word of the text mixes look-alike alphabets: {seen}.' },
  LETTERS_AS_NUMBERS: { points: 1.5, sentence: 'Plain letters are written as numbers ({seen} times).' },
  HTML_PASSWORD: { points: 3, sentence: 'The message itself asks for a password.' },
  HTML_FORM: { points: 0.5, sentence: 'The message holds a form that is sent to {seen}.' },
  HTML_SCRIPT: { points: 0.3, sentence: 'The message holds a script.' },
  HTML_REFRESH: { points: 1.5, sentence: 'The message loads another page by itself.' },
  ATTACHMENT_EXECUTABLE: { points: 3.5, sentence: 'An attachment is a program: {seen}.' },
  ATTACHMENT_DOUBLE_EXTENSION: {
    points: 5,
    sentence: 'An attachment is a program that looks like a document: {seen}.',
  },
  ATTACHMENT_BIDI_NAME: { points: 5, sentence: "An attachment's name is written to be read backwards: {seen}." },
  ATTACHMENT_HTML: { points: 1.5, sentence: 'An attachment is a web page, as fake logins are: {seen}.' },
  ATTACHMENT_DISGUISED_PROGRAM: { points: 4.5, sentence: 'An attachment is a program under another name: {seen}.' },
  ARCHIVE_HOLDS_PROGRAM: { points: 4, sentence: 'An archive holds a program: {seen}.' },
  ATTACHMENT_ENCRYPTED: {
    points: 2.5,
    sentence: 'An archive is encrypted, so that nobody can look into it on the way: {seen}.',
  },
  ATTACHMENT_MACROS: { points: 2.5, sentence: 'A document holds macros: {seen}.' },
  ATTACHMENT_ACTS: {
    points: 2.5,
    sentence: 'An attached page asks for input, runs a script or leads to another: {seen}.',
  },
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
  SHIPPED_SPAM: { points: 3.5, sentence: 'It reads like spam that the server knew before any of your mail.' },
  LEARNED_SPAM: { points: 9, sentence: 'It resembles the mail that you reported as spam.' },
  LEARNED_HAM: { points: -8, sentence: 'It resembles the mail that you keep.' },
  WORDS_SPAM: { points: 4.5, sentence: 'Its words are those of the mail that you reported as spam: {seen}.' },
  WORDS_HAM: { points: -4, sentence: 'Its words are those of the mail that you keep: {seen}.' },
  ANSWERS_OURS: { points: -4, sentence: 'It answers a message that you sent to {seen}.' },
  CORRESPONDENT_KNOWN: { points: -3, sentence: 'You have written to the sender before: {seen}.' },
  FIRST_CONTACT: { points: 0, sentence: 'The first message from this sender: {seen}.' },
  SENDER_GOOD_HISTORY: { points: -2, sentence: 'Mail of this sender was called good before: {seen}.' },
  SENDER_BAD_HISTORY: { points: 3, sentence: 'Mail of this sender was reported as spam before: {seen}.' },
  ALLOW_LISTED: { points: 0, sentence: 'The sender is allowed: {seen}.' },
  BLOCK_LISTED: { points: 0, sentence: 'The sender is blocked: {seen}.' },
  ALLOW_NOT_PROVEN: {
    points: 0,
    sentence: 'The sender would be allowed, but nothing proves that the message is his: {seen}.',
  },
  ALLOW_NOT_AUTHENTIC: {
    points: 1,
    sentence: 'The sender would be allowed, but the message is not proven to be his: {seen}.',
  },
}

/** What no honest mail does: programs dressed up as something else, or put out of sight. Whatever the score, they are held back, but for an allow entry. */
const MALWARE: ReadonlySet<string> = new Set<TagName>([
  'ATTACHMENT_DOUBLE_EXTENSION',
  'ATTACHMENT_BIDI_NAME',
  'ATTACHMENT_DISGUISED_PROGRAM',
  'ARCHIVE_HOLDS_PROGRAM',
])

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
