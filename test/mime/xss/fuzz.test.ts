/**
 * Pieces of the hostile collection, spliced into one another in any order. Whatever comes of it, the output holds only
 * what is allowed, is bounded, and a second time changes nothing. A failure prints the seed that repeats it.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SANITISED_CHARS_MAX, sanitiseHtml } from '../../../src/mime/sanitise.ts'
import { hostileCases } from './cases/all.ts'
import { inspect } from './inspect.ts'

/** Each property stops here, passed, however slow the machine: the fuzz is a sample, not a proof. */
const limits = { interruptAfterTimeLimit: 700, numRuns: 20_000 }

/** Tags, halves of tags, quotes and comments, as the collection has them. */
const pieces = [
  ...new Set(hostileCases.flatMap(({ html }) => html.slice(0, 500).match(/<?[^<>"'\s;]+[\s;]?|["'<>\s]/g) ?? [])),
]
const tags =
  '<p>|</p>|<table>|<tr>|<td>|</td>|</table>|<li>|<ul>|</ul>|<b>|</b>|<a href=http:x>|</a>|<body text=red>|</body>|<pre>\n|<dd>|<dl>'
const piece = fc.oneof(
  fc.constantFrom(...pieces),
  fc.constantFrom(...tags.split('|')),
  fc.constantFrom(
    '&',
    '&lt',
    '&#0;',
    '&#xd800;',
    '<!--',
    '-->',
    '\0',
    '\ud800',
    '="',
    "='",
    '`',
    '/',
    '\\',
    '/*',
    ';',
    ':',
    '-',
  ),
  fc.string({ maxLength: 3, unit: 'binary' }),
)
const spliced = fc.array(piece, { maxLength: 60 }).map((parts) => parts.join(''))
const declarations = fc
  .array(
    fc.constantFrom(
      ...'color|background|margin|font|:|;|url(|calc(|rgb(|)|"|\'|/*|*/|\\|-1|1px|red|!important| |,'.split('|'),
    ),
    {
      maxLength: 30,
    },
  )
  .map((parts) => `<p style="${parts.join('').replaceAll('"', '&quot;')}">x</p>`)
const addresses = fc
  .array(
    fc.constantFrom(
      ...'http|https|mailto|tel|cid|data|image/png;base64|:|/|\\|@|?|#|%41|%|[|]|a.b|\u0430| |\t|,|AA=='.split('|'),
    ),
    {
      maxLength: 12,
    },
  )
  .map((parts) => `<a href="${parts.join('')}">x</a><img src="${parts.join('')}">`)

test.each([
  ['markup', spliced],
  ['styles', declarations],
  ['addresses', addresses],
] as const)('any %s come out harmless and stable', (_, arbitrary) => {
  fc.assert(
    fc.property(arbitrary, fc.constantFrom('block', 'allow'), (html, remote) => {
      const options = { remote, cid: () => null } as const
      const once = sanitiseHtml(html, options)
      expect(inspect(once.html).offences).toEqual([])
      expect(once.html.length).toBeLessThanOrEqual(SANITISED_CHARS_MAX)
      expect(sanitiseHtml(once.html, options).html).toBe(once.html)
    }),
    limits,
  )
})
