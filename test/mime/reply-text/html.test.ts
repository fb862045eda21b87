/** Replies that have HTML alone, or a text part that does not tell what it quotes: each mailer's containers. */
import { expect, test } from 'vitest'
import { ofHtml, ofNoReplyHtml } from './replies.ts'

const AT = 'On Tue, Feb 3, 2026 at 9:15 AM Ann Lee &lt;<a href="mailto:ann@example.org">ann@example.org</a>&gt;'

test.each([
  [
    'Gmail',
    `<div dir="ltr">Yes.</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">${AT} wrote:<br></div><blockquote class="gmail_quote" style="margin:0"><div>Lunch?</div></blockquote></div>`,
  ],
  [
    'Gmail, with a signature',
    `<div>Yes.</div><div><br></div><span>-- </span><br><div class="gmail_signature">Bob</div><div class="gmail_quote"><div>${AT} wrote:</div><blockquote class="gmail_quote">Lunch?</blockquote></div>`,
  ],
  [
    'Gmail on a phone',
    `<div dir="auto">Yes.</div><br><div class="gmail_quote"><div class="gmail_attr">Le mar. 3 févr. 2026 à 09:15, Ann &lt;ann@example.org&gt; a écrit&nbsp;:<br></div><blockquote class="gmail_quote">Lunch?<blockquote class="gmail_quote">More</blockquote></blockquote></div>`,
  ],
  [
    'Gmail in a language unknown here',
    '<div>Yes.</div><div class="gmail_quote"><div>Ann &lt;ann@example.org&gt; (2026 09:15) kirja:</div><blockquote class="gmail_quote">Lunch?</blockquote></div>',
  ],
  [
    'Apple Mail',
    `<body>Yes.<br><div><br><blockquote type="cite"><div>On 3 Feb 2026, at 09:15, Ann wrote:</div><br><div>Lunch?</div></blockquote></div><br></body>`,
  ],
  [
    'Apple Mail on iOS, German',
    '<body dir="auto">Yes.<br><br><div dir="ltr">Von meinem iPhone gesendet</div><div dir="ltr"><br><blockquote type="cite">Am 03.02.2026 um 09:15 schrieb Ann &lt;ann@example.org&gt;:<br><br></blockquote></div><blockquote type="cite"><div>Lunch?</div></blockquote></body>',
  ],
  [
    'Thunderbird',
    '<body><p>Yes.</p><div class="moz-cite-prefix">El 3/2/26 a las 9:15, Ann escribió:<br></div><blockquote type="cite" cite="mid:first@example.org"><p>Lunch?</p></blockquote></body>',
  ],
  [
    'Thunderbird, with a signature',
    '<p>Yes.</p><pre class="moz-signature" cols="72">-- \nBob</pre><div class="moz-cite-prefix">Am 3.2.26 schrieb Ann:</div><blockquote type="cite">Lunch?</blockquote>',
  ],
  [
    'Outlook on the web',
    '<div>Yes.</div><div id="appendonsend"></div><hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg" dir="ltr"><b>From:</b> Ann &lt;ann@example.org&gt;<br><b>Sent:</b> Tuesday<br></div><div>Lunch?</div>',
  ],
  [
    'Outlook on the web, with a signature',
    '<div>Yes.</div><div id="Signature"><div>Bob Ray</div></div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>De&nbsp;:</b> Ann</div><div>Lunch?</div>',
  ],
  [
    'Outlook desktop',
    '<div class="WordSection1"><p class="MsoNormal">Yes.</p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"><b>From:</b> Ann &lt;ann@example.org&gt; <br><b>Sent:</b> Tuesday, February 3, 2026 9:15 AM<br><b>To:</b> Bob<br><b>Subject:</b> Lunch</p></div></div><p class="MsoNormal">Lunch?</p></div>',
  ],
  [
    'Outlook desktop, Japanese',
    '<p>Yes.</p><div style="border-top:solid 1pt"><p><b>差出人:</b> Ann &lt;ann@example.org&gt;<br><b>送信日時:</b> 2026年2月3日 9:15<br><b>宛先:</b> Bob<br><b>件名:</b> 昼食</p></div><p>Lunch?</p>',
  ],
  [
    'Outlook on a phone',
    '<div dir="ltr">Yes.</div><div id="ms-outlook-mobile-signature"><div>Get <a href="https://aka.ms/x">Outlook for iOS</a></div></div><div id="mail-editor-reference-message-container"><b>From:</b> Ann<br><div>Lunch?</div></div>',
  ],
  [
    'Yahoo',
    `<div class="ydp1a yahoo-style-wrap"><div>Yes.</div></div><div id="yahoo_quoted_12" class="ydp1b yahoo_quoted"><div>${AT} wrote:</div><div>Lunch?</div></div>`,
  ],
  [
    'Proton',
    '<div>Yes.</div><div class="protonmail_signature_block"><div class="protonmail_signature_block-user">Bob</div></div><div class="protonmail_quote">On Tuesday, February 3rd, 2026 at 9:15 AM, Ann &lt;ann@example.org&gt; wrote:<br><blockquote class="protonmail_quote" type="cite">Lunch?</blockquote><br></div>',
  ],
  [
    'Zimbra',
    '<div>Yes.</div><hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__"><b>From: </b>Ann</div><div data-marker="__QUOTED_TEXT__">Lunch?</div>',
  ],
  [
    'GMX',
    '<div>Yes.</div><div name="quote" style="border-left:2px solid"><div><b>Gesendet:</b> Dienstag</div><div name="quoted-content">Lunch?</div></div>',
  ],
  [
    'a bordered blockquote',
    `<div>Yes.</div><p>${AT} wrote:</p><blockquote style="padding: 0 0.4em; border-left: #1010ff 2px solid">Lunch?</blockquote>`,
  ],
  ['a quote that is never closed', '<p>Yes.</p><blockquote type="cite"><div>Lunch?'],
  [
    'the mark of another element by the same name',
    '<div>Yes.</div><div class="yahoo_quoted"><div><div>Lunch?</div></div>More</div>',
  ],
])('%s', (_, html) => {
  expect(ofHtml(html)).toBe('Yes.')
})

test.each([
  [
    'Gmail',
    '<div class="gmail_quote"><div>Ann &lt;ann@example.org&gt; wrote:</div><blockquote class="gmail_quote">One?</blockquote><div>Yes.</div><blockquote class="gmail_quote">Two?</blockquote><div>No.</div></div>',
  ],
  [
    'Apple Mail',
    '<blockquote type="cite">One?</blockquote><div>Yes.</div><blockquote type="cite">Two?</blockquote>No.',
  ],
  [
    'Thunderbird',
    '<div class="moz-cite-prefix">Ann wrote:</div><blockquote type="cite"><p>One?</p></blockquote><p>Yes.</p><blockquote type="cite"><p>Two?</p></blockquote><p>No.</p>',
  ],
])('%s: answers between quotes', (_, html) => {
  expect(ofHtml(html)).toBe('Yes.\n\nNo.')
})

test.each([
  [
    'Gmail',
    '<div>Please see.</div><div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>From: <b>Ann</b><br>Date: Tue<br>Subject: Lunch<br>To: Bob<br></div><br><div>Lunch?</div></div>',
  ],
  [
    'Thunderbird',
    '<p>Please see.</p><div class="moz-forward-container"><br>-------- Forwarded Message --------<table><tr><th>Subject: </th><td>Lunch</td></tr></table><p>Lunch?</p></div>',
  ],
  [
    'Apple Mail',
    '<div>Please see.</div><div><blockquote type="cite"><div>Begin forwarded message:</div><div><b>From: </b>Ann</div><div>Lunch?</div></blockquote></div>',
  ],
])('%s: a forward keeps its comment', (_, html) => {
  expect(ofNoReplyHtml(html)).toBe('Please see.')
})

test('a forward without a comment is given whole', () => {
  const html =
    '<div><br></div><div class="gmail_quote"><div>---------- Forwarded message ---------<br>From: Ann</div><div>Lunch?</div></div>'
  expect(ofNoReplyHtml(html)).toBe('---------- Forwarded message ---------\nFrom: Ann\nLunch?')
})

test.each([
  [
    'an indented paragraph',
    '<p>One.</p><blockquote style="margin:0 0 0 40px;border:none;padding:0px">Two.</blockquote>',
    'One.\n\nTwo.',
  ],
  ['a quotation without a border', '<p>One.</p><blockquote>Two.</blockquote>', 'One.\n\nTwo.'],
  ['a class that is named like one', '<p>One.</p><div class="my_gmail_quotes">Two.</div>', 'One.\n\nTwo.'],
  ['an inline element of a quote class', '<p>One <span class="gmail_quote">two</span>.</p>', 'One two.'],
  [
    'what is hidden',
    '<p>One.</p><div style="display:none">Not <blockquote type="cite">this</blockquote></div>',
    'One.',
  ],
])('%s stays as it is', (_, html, want) => {
  expect(ofHtml(html)).toBe(want)
})

test.each([
  [
    'below a name',
    '<p>Ann Lee wrote:</p><blockquote><p>Lunch?</p><blockquote>More</blockquote></blockquote><p>Yes.</p>',
    'Yes.',
  ],
  ['with an attribution in it', `<blockquote><p>${AT} wrote:</p><p>Lunch?</p></blockquote><p>Yes.</p>`, 'Yes.'],
  [
    'below an answer',
    '<p>Ann wrote:</p><blockquote>Lunch?</blockquote><p>Yes, as in</p><blockquote>the plan</blockquote><p>here.</p>',
    'Yes, as in\n\nthe plan\n\nhere.',
  ],
])('a blockquote that nothing marks, %s', (_, html, want) => {
  expect(ofHtml(html)).toBe(want)
})

test('a bordered blockquote of a first mail stays', () => {
  const html = '<p>News:</p><blockquote style="border-left:2px solid">All is well.</blockquote>'
  expect(ofNoReplyHtml(html)).toBe('News:\n\nAll is well.')
})

test('a text part that marks nothing gives way to the HTML that does', () => {
  const html = '<div>Yes.</div><div class="gmail_quote"><blockquote class="gmail_quote">Lunch?</blockquote></div>'
  expect(ofHtml(html, { text: 'Yes.\n\nLunch?', textIsOriginal: true })).toBe('Yes.')
})

test('a text part that marks its quotes is what is read', () => {
  const html = '<div>Other.</div><blockquote type="cite">Lunch?</blockquote>'
  expect(ofHtml(html, { text: 'Yes.\n\n> Lunch?', textIsOriginal: true })).toBe('Yes.')
})
