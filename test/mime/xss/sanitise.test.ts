/** A stranger's HTML through the sanitiser: what never comes out, what stays, and that a second time changes nothing. */
import { describe, expect, it } from 'vitest'
import { SANITISED_CHARS_MAX, sanitiseHtml } from '../../../src/mime/sanitise.ts'
import { sanitisedDocument } from '../../../src/mime/sanitise-document.ts'
import { NESTING_MAX } from '../../../src/mime/sanitise-nesting.ts'
import { hostileCases } from './cases/all.ts'
import { inspect } from './inspect.ts'

const PIXEL = 'data:image/gif;base64,R0lGODlhAQABAAAAACw='
const block = { remote: 'block', cid: () => null } as const
const allow = { remote: 'allow', cid: () => PIXEL } as const
const shown = (html: string) => sanitiseHtml(html, block).html

describe('the hostile collection', () => {
  it('has a name for each of its cases', () => {
    expect(hostileCases.length).toBeGreaterThan(250)
    expect(new Set(hostileCases.map(({ name }) => name)).size).toBe(hostileCases.length)
  })

  it.each(hostileCases)('$name', ({ html }) => {
    for (const options of [block, allow]) {
      const once = sanitiseHtml(html, options)
      expect(inspect(once.html).offences).toEqual([])
      expect(sanitiseHtml(once.html, options).html).toBe(once.html)
    }
    expect(inspect(shown(html)).sources.filter((source) => !source.startsWith('data:'))).toEqual([])
  })

  it('is cut anywhere, and is as harmless', () => {
    for (const { html } of hostileCases.filter(({ html }) => html.length < 400)) {
      for (let end = 1; end < html.length; end += 3) {
        const once = shown(html.slice(0, end))
        expect(inspect(once).offences).toEqual([])
        expect(shown(once)).toBe(once)
      }
    }
  })
})

describe('what stays', () => {
  it.each([
    ['text', 'a &amp; b &lt; c &copy; \u{1f600}', 'a &amp; b &lt; c \u00a9 \u{1f600}'],
    ['text beside what is dropped', '<p>a<script>x</script>b<style>y</style></p>', '<p>ab</p>'],
    ['text of unknown elements', '<o:p>a</o:p><form>b<button>c</button></form>', 'abc'],
    ['what conditions show to all', '<![if !mso]><b>a</b><![endif]><!--[if mso]>b<![endif]-->', '<b>a</b>'],
    ['a wide dash of entities', '&#8212;&#x2014;&mdash;', '\u2014\u2014\u2014'],
    [
      'fonts of old',
      '<font color=red face="Arial, \'x\'" size=+1>a</font>',
      '<font color="red" face="Arial, &#39;x&#39;" size="+1">a</font>',
    ],
    [
      'the body, as a box',
      '<body bgcolor="#eee" text=navy style="margin:0">a</body>',
      '<div style="background-color:#eee;color:navy;margin:0">a</div>',
    ],
    ['paragraphs without ends', '<p>a<p>b<ul><li>c<li>d</ul>', '<p>a</p><p>b</p><ul><li>c</li><li>d</li></ul>'],
    [
      'cells without ends',
      '<table><tr><td>a<td>b<tr><td>c</table>d',
      '<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>d',
    ],
    [
      'a cell against a stray end',
      '<div><table><tr><td>a</div>b</td></tr></table></div>',
      '<div><table><tr><td>ab</td></tr></table></div>',
    ],
    ['formatting across blocks', '<b><p>a</b>b</p>', '<b><p>a</p></b>b'],
  ])('%s', (_, html, want) => {
    expect(shown(html)).toBe(want)
  })

  it('is the layout of a newsletter', () => {
    const layout =
      '<table width="600" cellpadding="0" cellspacing="0" border="0" align="center" bgcolor="#ffffff" style="max-width:600px">' +
      '<tr><td colspan="2" valign="top" height="20" style="padding:0 10px;font:14px/1.5 &quot;Open Sans&quot;,Arial,sans-serif!important;color:rgb(10, 20, 30)">' +
      '<div style="display:none;max-height:0;overflow:hidden">Preview</div><h1 style="background:linear-gradient(90deg,#fff 0%,#eee 100%)">News</h1></td></tr></table>'
    expect(shown(layout)).toBe(layout)
  })

  it('keeps the colour that a background names beside its picture', () => {
    expect(shown('<td style="background:#123456 url(https://out.example/x.png) no-repeat">')).toBe(
      '<td style="background:#123456 no-repeat"></td>',
    )
  })
})

describe('links', () => {
  const href = (value: string) => /href="([^"]*)"/.exec(shown(`<a href="${value}">x</a>`))?.[1] ?? null
  it.each([
    ['https://example.com/a?b=1&amp;c=2#d', 'https://example.com/a?b=1&amp;c=2#d'],
    ['  HTTP://EXAMPLE.com', 'http://example.com/'],
    ['//example.com/a', 'https://example.com/a'],
    ['https:\\\\example.com\\a', 'https://example.com/a'],
    ['https://bank.example@out.example/', 'https://out.example/'],
    ['https://b\u0430nk.example/', 'https://xn--bnk-6cd.example/'],
    ['mailto:a@example.com?subject=x', 'mailto:a@example.com?subject=x'],
    ['tel:+49123', 'tel:+49123'],
    ['https://[', null],
    ['sms:1', null],
    ['/account', null],
    ['#top', null],
    [`https://example.com/${'x'.repeat(9_000)}`, null],
  ])('%s', (given, want) => {
    expect(href(given)).toBe(want)
  })

  it('open elsewhere and tell nothing of where they stood, whatever the mail says', () => {
    expect(shown('<a target=_top rel=opener href="https://example.com/">x</a>')).toBe(
      '<a href="https://example.com/" rel="noopener noreferrer nofollow" target="_blank">x</a>',
    )
  })
})

describe('pictures', () => {
  const mail =
    '<img src="https://out.example/a.png" alt="A cat" width="10"><img src="cid:logo%40x"><img src="http://out.example/b">'

  it('of other servers are left out and counted, and keep their place', () => {
    expect(sanitiseHtml(mail, block)).toEqual({ html: '<img alt="A cat" width="10"><img><img>', blockedRemote: 2 })
  })

  it('of other servers are shown when asked for', () => {
    expect(sanitiseHtml(mail, { ...block, remote: 'allow' })).toEqual({
      html: '<img src="https://out.example/a.png" alt="A cat" width="10"><img><img src="http://out.example/b">',
      blockedRemote: 0,
    })
  })

  it('that the mail carries come from where the caller says', () => {
    const cid = (contentId: string) => (contentId === 'logo@x' ? '/v1/parts/2?sig=a&b' : null)
    expect(sanitiseHtml(mail, { remote: 'block', cid }).html).toContain('<img src="/v1/parts/2?sig=a&amp;b">')
  })

  it.each(['javascript:alert(1)', '//out.example/x', '/\\out.example', 'data:text/html,x', ''])(
    'do not come from %s, whoever says so',
    (url) => {
      expect(sanitiseHtml('<img src="cid:a">', { remote: 'block', cid: () => url }).html).not.toMatch(
        /javascript|text|\/\\/,
      )
    },
  )

  it('of raster data stay, others go', () => {
    expect(shown(`<img src="${PIXEL}">`)).toBe(`<img src="${PIXEL}">`)
    expect(sanitiseHtml('<img src="data:image/svg+xml;base64,AAAA">', block)).toEqual({
      html: '<img>',
      blockedRemote: 0,
    })
  })
})

describe('the limits', () => {
  it('bound the nesting, and keep the text below it', () => {
    const { html } = sanitiseHtml(`${'<div>'.repeat(10_000)}text`, block)
    expect(html).toBe(`${'<div>'.repeat(NESTING_MAX)}text${'</div>'.repeat(NESTING_MAX)}`)
  })

  it.each([
    ['text', '&'.repeat(SANITISED_CHARS_MAX)],
    ['tags', '<p>'.repeat(SANITISED_CHARS_MAX / 3)],
    ['links', '<div><a href=http:a>x'.repeat(SANITISED_CHARS_MAX / 20)],
    ['a picture', `<p>x<img src="data:image/png;base64,${'A'.repeat(SANITISED_CHARS_MAX)}">`],
  ])('bound what comes out of %s, and a second time changes nothing', (_, html) => {
    const once = shown(html)
    expect(once.length).toBeLessThanOrEqual(SANITISED_CHARS_MAX)
    expect(shown(once)).toBe(once)
    expect(inspect(once).offences).toEqual([])
  })
})

describe('the document', () => {
  const policyOf = (document: string) => /Content-Security-Policy" content="([^"]*)"/.exec(document)?.[1]

  it('allows nothing but styles and the pictures that the mail carries', () => {
    expect(policyOf(sanitisedDocument('<p>x</p>'))).toBe(
      "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    )
  })

  it('allows pictures by https when they were asked for, and those of the server', () => {
    expect(policyOf(sanitisedDocument('', { remote: 'allow', imagesFrom: 'http://localhost:8787/v1' }))).toBe(
      "default-src 'none'; img-src data: http://localhost:8787 https:; style-src 'unsafe-inline'; base-uri 'none'; " +
        "form-action 'none'; upgrade-insecure-requests",
    )
  })

  it('takes no origin that is none', () => {
    for (const imagesFrom of ["x'; script-src *", 'data:x', 'https://a b', '*'])
      expect(policyOf(sanitisedDocument('', { imagesFrom }))).toContain('img-src data:;')
  })
})
