/** What holds for every operation: keys, pages, problems, repeating a call, times, and the search language. */
import type { ErrorCode } from '../../../errors.ts'
import { SEARCH_LANGUAGE } from '../../../mailbox/search-language.ts'
import { ERROR_CODES, MAPPING } from '../errors.ts'
import { LIMIT_DEFAULT, LIMIT_MAX } from '../schemas.ts'
import { anchor, type Description } from './description.ts'
import { type Html, html, prose } from './html.ts'
import { code } from './schema.ts'

type Chapter = { id: string; title: string; body: (description: Description) => Html }

/** What to do about each; the type asks for all of them. */
const REMEDIES: Record<ErrorCode, string> = {
  malformed: 'The request cannot be read. Correct it.',
  unauthenticated: 'Send a key that is valid.',
  forbidden: 'Use a key with the scope that `detail` names.',
  'not-found': 'There is no such thing, or it belongs to another account.',
  'method-not-allowed': 'The header Allow says what this path takes.',
  conflict: 'Something else stands in the way: `detail` says what.',
  'over-quota': 'The account is full. Delete something, or raise its quota.',
  gone: 'The change state is too old: list anew, then follow changes from there.',
  'precondition-failed': 'What If-Match names is not what is there now.',
  'too-large': 'Send less: `detail` names the limit.',
  'unsupported-media-type': 'Send the Content-Type that the operation takes.',
  'range-not-satisfiable': 'Ask for a range inside the bytes.',
  invalid: 'Each of `errors` points at a wrong input and says what it must be.',
  'rate-limited': 'Wait as long as Retry-After says.',
  internal: 'A defect of the server. Report the `request_id`.',
  'not-configured': 'Whoever runs the server has not set what this needs.',
  unavailable: 'Temporary: try again after Retry-After.',
}

const SCOPES: [scope: string, opens: string][] = [
  ['mail:read', 'Mailboxes, messages, conversations, changes, the quarantine'],
  ['mail:write', 'Importing, changing, moving and deleting; releasing from quarantine'],
  ['mail:send', 'Sending and replying'],
  ['spam:train', 'Reporting spam and ham, asking and teaching the filter'],
  ['settings', 'Settings of the filter, lists and keys of the account'],
]

export const GUIDE: Chapter[] = [
  { id: 'authentication', title: 'Authentication', body: authentication },
  { id: 'conventions', title: 'Conventions', body: conventions },
  { id: 'pages', title: 'Pages', body: pages },
  { id: 'problems', title: 'Problems', body: problems },
  { id: 'repeating', title: 'Repeating a call', body: repeating },
  { id: 'search', title: 'Search', body: search },
  { id: 'headers', title: 'Response headers', body: headers },
]

export function renderChapter({ id, title, body }: Chapter, description: Description): Html {
  return html`<section class="chapter" id="${id}"><h2><a href="#${id}">${title}</a></h2>${body(description)}</section>`
}

function authentication(): Html {
  return html`<p>Send a key with each request, and never in a URL. Keys begin with <code>pst_</code> and are shown once, when they are made.</p>
<pre tabindex="0"><code>url=https://mail.example.com   # this server
key=pst_...
curl "$url/v1/me" -H "Authorization: Bearer $key"</code></pre>
<p>An account's key belongs to one account and has scopes. A key that is bound to one address of its account sees only that address's mail.
The admin key opens what stands under <code>/v1/admin</code>; it reads no mail.</p>
${table(
  ['Scope', 'Opens'],
  SCOPES.map(([scope, opens]) => [html`<code>${scope}</code>`, opens]),
)}`
}

function conventions(): Html {
  return html`<ul>
<li>Bodies are JSON in UTF-8, but for raw messages (<code>message/rfc822</code>) and attachments. A field or parameter that an operation does not have is refused, not ignored.</li>
<li>Times are RFC 3339 in UTC: <code>2026-03-01T12:00:00Z</code>. Sizes are in bytes. What is absent is <code>null</code>; a list is always a list.</li>
<li>Ids are opaque, and begin with what they name: <code>msg_</code>, <code>mbx_</code>, <code>thr_</code>.</li>
<li>A path that takes GET takes HEAD.</li>
<li>Each answer carries <code>X-Request-Id</code>, which leads to its line in the server's log.</li>
<li>What belongs to another account is not found, as if it had never been.</li>
</ul>`
}

function pages(): Html {
  return html`<p>A list answers <code>data</code>, <code>has_more</code> and <code>next_cursor</code>. The next page is the same request with
<code>cursor</code> set to <code>next_cursor</code>; <code>limit</code> is ${LIMIT_DEFAULT} entries where it is not given, and ${LIMIT_MAX} at most. Cursors stay
good while mail arrives.</p>
<p>With several filters a page may be short, even empty, while <code>has_more</code> is true: go on until it is false.</p>`
}

function problems(): Html {
  return html`<p>Every error is a problem document (RFC 9457) of the type <code>application/problem+json</code>: <a href="#${anchor.schema('Problem')}">Problem</a>.
Decide by its <code>code</code>; <code>detail</code> says in words what can be done.</p>
${table(
  ['Code', 'Status', 'What to do'],
  ERROR_CODES.map((name) => [html`<code>${name}</code>`, html`${MAPPING[name][0]}`, prose(REMEDIES[name])]),
)}`
}

function repeating(): Html {
  return html`<p>A POST that takes a key takes an <code>Idempotency-Key</code>: a name that you choose for the call. When the answer was lost, send the same call
with the same name, within 24 hours: it is not carried out twice, and the first answer comes again with <code>Idempotent-Replayed: true</code>.</p>
<p>The same name with another body is refused with 422; while the first call is still in flight, with 409.</p>`
}

function search(): Html {
  return html`<p>The parameter <code>q</code> of <a href="#${anchor.operation('listMessages')}">the list of messages</a> takes this language. Nothing typed is a syntax error.</p>
${table(
  ['Search', 'Finds'],
  SEARCH_LANGUAGE.map(([syntax, meaning]) => [syntax.split('  ').map((one) => [code(one), ' ']), prose(meaning)]),
)}`
}

function headers({ components }: Description): Html {
  const rows = Object.entries(components.headers)
  return html`<dl class="fields">${rows.map(
    ([name, { description, example }]) =>
      html`<div class="field" id="${anchor.header(name)}"><dt><code>${name}</code></dt><dd><p>${prose(description)}</p>${
        example !== undefined && html`<p class="limits"><span>Example ${code(example)}</span></p>`
      }</dd></div>`,
  )}</dl>`
}

function table(heads: string[], rows: Parameters<typeof html>[1][][]): Html {
  return html`<div class="wide"><table><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>`
}
