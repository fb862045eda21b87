/**
 * What a rule says: that it saw something, and what. Rules know no points; score.ts has one line for each name here.
 */

/** Closed: score.ts has a row for each, test/spam/ a message that fires it and one that almost does. */
export type TagName =
  // The headers
  | 'FROM_MISSING'
  | 'FROM_MALFORMED'
  | 'FROM_MULTIPLE'
  | 'HEADER_DUPLICATE'
  | 'FROM_8BIT'
  | 'SUBJECT_8BIT'
  | 'MESSAGE_ID_MISSING'
  | 'MESSAGE_ID_MALFORMED'
  | 'DATE_MISSING'
  | 'DATE_MALFORMED'
  | 'RECIPIENT_MISSING'
  | 'SUBJECT_MISSING'
  | 'DATE_IN_FUTURE'
  | 'UNDISCLOSED_RECIPIENTS'
  // Who the sender says he is
  | 'NAME_HOLDS_ADDRESS'
  | 'NAME_MIXED_SCRIPTS'
  | 'FROM_DOMAIN_MIXED_SCRIPTS'
  | 'REPLY_TO_FREEMAIL'
  // The subject, and how the sender pushes
  | 'SUBJECT_CAPITALS'
  | 'PRIORITY_HIGH'
  | 'SUBJECT_CURRENCY'
  | 'SUBJECT_HIDDEN_CHARACTERS'
  // The links
  | 'URL_IP_HOST'
  | 'URL_SHORTENER'
  | 'URL_FREE_HOSTING'
  | 'URL_ZERO_WIDTH'
  | 'URL_MIXED_SCRIPTS'
  | 'URL_USER_LOOKS_LIKE_HOST'
  // The body
  | 'BODY_8BIT_IN_7BIT'
  | 'IMAGE_LINK_LITTLE_TEXT'
  | 'HTML_ONLY'
  | 'STYLED_LETTERS'
  | 'ALTERNATIVE_WITHOUT_TEXT'
  // The attachments
  | 'ATTACHMENT_EXECUTABLE'
  | 'ATTACHMENT_DOUBLE_EXTENSION'
  | 'ATTACHMENT_BIDI_NAME'
  | 'ATTACHMENT_HTML'
  // What Cloudflare found about the sender
  | 'SPF_FAIL'
  | 'SPF_SOFTFAIL'
  | 'DKIM_FAIL'
  | 'DMARC_FAIL'
  | 'DMARC_FAIL_BY_LIST'
  | 'CLOUDFLARE_SCORE'
  // What the account has taught its filter, and what the server's own model says
  | 'SHIPPED_SPAM'
  | 'LEARNED_SPAM'
  | 'LEARNED_HAM'
  | 'WORDS_SPAM'
  | 'WORDS_HAM'
  // How the client names itself
  | 'HELO_ODD'
  | 'HELO_OURS'
  // What others say
  | 'DNSBL_LISTED'
  | 'DNSBL_LISTED_STRONGLY'
  | 'URL_DNSBL_LISTED'
  | 'URL_DNSBL_LISTED_STRONGLY'
  | 'CLASSIFIER_SPAM'
  // The allow and block lists
  | 'ALLOW_LISTED'
  | 'BLOCK_LISTED'
  | 'ALLOW_NOT_AUTHENTIC'

/**
 * `seen` is what the rule saw, as the sender wrote it; '' where there is nothing to show. report.ts makes it safe. `share` is
 * how much of the name's points it is worth, 0 to 1, for what is surer at times than at others.
 */
export type Finding = { name: TagName; seen: string; share?: number }

export function found(name: TagName, seen = '', share = 1): Finding {
  return { name, seen, share }
}
