import { type Case, html, link, long, page } from './case.ts'

const CID = `bafybei${'a'.repeat(52)}`

export const LINK_CASES: Case[] = [
  ['URL_BRAND_IN_HOST', 'a borrowed name', link('https://paypal.secure.example/'), link('https://www.paypal.com/')],
  ['URL_BRAND_IN_HOST', 'glued on', link('https://coinbase-login.example/'), link('https://database-login.example/')],
  [
    'URL_BRAND_IN_HOST',
    "but not in the company's own mail",
    { ...link('https://fedex.survey.example/'), headers: { From: 'a@b.example' } },
    { ...link('https://fedex.survey.example/'), headers: { From: 'a@fedex.com' } },
  ],
  [
    'LINK_TEXT_BRAND',
    'a shown address',
    html('<a href="https://evil.example/">https://www.paypal.com/signin</a>'),
    html('<a href="https://www.paypal.com/x">https://www.paypal.com/signin</a>'),
  ],
  [
    'LINK_TEXT_BRAND',
    'not by a click counter',
    html('<a href="https://evil.example/">www.netflix.com</a>'),
    html('<a href="https://click.shop.example/">www.netflix.com</a>'),
  ],
  [
    'LINKS_LEAD_ELSEWHERE',
    'one door',
    link('https://evil.example/'),
    html('<a href="https://evil.example/">a</a> <a href="https://www.shop.example/">b</a>'),
  ],
  ['LINKS_LEAD_ELSEWHERE', 'of one house', link('https://evil.example/'), link('https://shop-mail.example/')],
  [
    'LINKS_LEAD_ELSEWHERE',
    'of the service that sends',
    link('https://evil.example/'),
    { ...link('https://evil.example/'), headers: { 'List-Unsubscribe': '<https://evil.example/u>' } },
  ],
  [
    'LINKS_LEAD_ELSEWHERE',
    'not by hand',
    link('https://evil.example/'),
    { ...link('https://evil.example/'), headers: { From: 'ann@gmail.com' } },
  ],
  [
    'BRAND_LEADS_ELSEWHERE',
    'a company without its links',
    { ...link('https://evil.example/'), headers: { From: 'PayPal <a@paypal.com>' } },
    { ...link('https://www.paypal.com/'), headers: { From: 'PayPal <a@paypal.com>' } },
  ],
  [
    'URL_REDIRECTOR',
    'a search page',
    link('https://www.google.com/url?q=x'),
    link('https://www.google.com/search?q=x'),
  ],
  [
    'URL_INTRUDED',
    "a website's files",
    link('https://a.example/wp-includes/x/'),
    link('https://a.example/wp-content/uploads/a.pdf'),
  ],
  [
    'URL_INTRUDED',
    'a page among pictures',
    link('https://a.example/images/login.php'),
    link('https://a.example/images/a.png'),
  ],
  ['URL_IPFS', 'a gateway', link(`https://gate.example/ipfs/${CID}/`), link('https://gate.example/ipfs/about')],
  ['URL_PORT', 'a port', link('https://a.example:8443/'), link('https://a.example:443/')],
  ['URL_SUFFIX_CHEAP', 'an abused suffix', link('https://offers.click/'), link('https://click.example/')],
  ['URL_HOST_RANDOM', 'a drawn name', link('https://q1w2e3r4t5.example/'), link('https://route66.example/')],
  ['URL_PLACEHOLDER', 'an unfilled place', link('https://a.example/?u=%EMAIL%'), link('https://a.example/?u=100%25')],
  ['URL_PLACEHOLDER', 'in braces', link('https://a.example/{{link}}'), link('https://a.example/{link}')],
  ['URL_DATA', 'a page in a link', link('data:text/html;base64,PGI+'), link('https://a.example/data:text')],

  ['HTML_PASSWORD', 'a password field', html('<input type="password">'), html('<input type="text">')],
  ['HTML_FORM', 'a form', html('<form action="https://a.example/"></form>'), html('<form></form>')],
  ['HTML_SCRIPT', 'a script', html('<script>1</script>'), html('<script type="application/ld+json">{}</script>')],
  [
    'HTML_REFRESH',
    'a page that leaves',
    html('<meta http-equiv="refresh" content="0;url=https://a.example/">'),
    html('<meta http-equiv="content-type" content="text/html">'),
  ],
  [
    'HIDDEN_TEXT',
    'too small to see',
    page(`<p>Hi</p><span style="font-size:0px">${long.repeat(3)}</span>`),
    page(`<td style="font-size:0px"><p style="font-size:14px">${long.repeat(3)}</p></td>`),
  ],
  [
    'HIDDEN_TEXT',
    'white on white',
    page(`<div style="color:#fff;background:#fff">${long.repeat(3)}</div>`),
    page(`<div style="color:#000;background:#fff">${long.repeat(3)}</div>`),
  ],
  [
    'HIDDEN_TEXT',
    'not the line before',
    page(`<div style="opacity:0;">${long.repeat(3)}</div>`),
    page(`<div style="opacity:0;">${long}</div>`),
  ],
  [
    'WORDS_SPLIT',
    'nothing inside',
    page('ver\u200bify y\u200bour acc\u200bount'),
    page('می\u200cخواهم می\u200cخواهم می\u200cخواهم'),
  ],
  [
    'WORDS_SPLIT',
    'comments inside',
    page('ver<!-- a -->ify y<!-- b -->our acc<!-- c -->ount'),
    page('<!-- a -->x<!-- b --> y'),
  ],
  [
    'WORDS_SPLIT',
    'soft hyphens',
    page('p\u00ada\u00ads\u00ads\u00adw\u00ado\u00adr\u00add'),
    page('Donau\u00addampf\u00adschiff\u00adfahrt'),
  ],
  ['TEXT_MIXED_SCRIPTS', 'a word of two alphabets', page('Your аccount is locked'), page('Ваш account is locked')],
  [
    'LETTERS_AS_NUMBERS',
    'letters as numbers',
    page(Array.from('Your account is locked, so please sign in to it now', (c) => `&#${c.charCodeAt(0)};`).join('')),
    page('&#8222;Gr&#252;&#223;e&#8220; '.repeat(20)),
  ],
]
