/** Addresses that run, and the ways of hiding that they do. */
import { named, OUT } from './case.ts'

const link = (href: string) => `<a href="${href}">Your invoice</a>`

export const addresses = named({
  'javascript: in a link': link('javascript:alert(1)'),
  'javascript: in capitals': link('JaVaScRiPt:alert(1)'),
  'javascript: after blanks': link(' \n\t javascript:alert(1)'),
  'javascript: after a control character': link('\x01javascript:alert(1)'),
  'javascript: after an entity of a control character': link('&#1;javascript:alert(1)'),
  'javascript: with a tab inside': link('java\tscript:alert(1)'),
  'javascript: with an entity of a tab inside': link('java&#x09;script:alert(1)'),
  'javascript: with a named entity of a tab inside': link('jav&Tab;ascript&colon;alert(1)'),
  'javascript: with a line break inside': link('java&#10;script:alert(1)'),
  'javascript: with every letter an entity': link(
    [...'javascript:alert(1)'].map((letter) => `&#${letter.charCodeAt(0)};`).join(''),
  ),
  'javascript: with long entities without semicolons': link(
    [...'javascript:alert(1)'].map((letter) => `&#${String(letter.charCodeAt(0)).padStart(7, '0')}`).join(''),
  ),
  'javascript: with entities in hexadecimal': link(
    [...'javascript:alert(1)'].map((letter) => `&#x${letter.charCodeAt(0).toString(16)}`).join(''),
  ),
  'javascript: with a NUL inside': link('java\0script:alert(1)'),
  'javascript: with a comment of its own': link('javascript://%0aalert(1)'),
  'javascript: that looks like a host': link('javascript://example.com/%0Aalert(1)'),
  'javascript: without quotes': '<a href=javascript:alert&#40;1&#41;>x</a>',
  'javascript: with a look-alike letter': link('jav\u0430script:alert(1)'),
  'javascript: in full-width letters': link('\uff4aavascript:alert(1)'),
  'javascript: with a soft hyphen inside': link('java\u00adscript:alert(1)'),
  'javascript: with a zero-width space before': link('\u200bjavascript:alert(1)'),
  'javascript: with a byte order mark before': link('\ufeffjavascript:alert(1)'),
  'javascript: escaped for a URL': link('%6aavascript:alert(1)'),
  'javascript: in view-source': link('view-source:javascript:alert(1)'),
  'javascript: in feed': link('feed:javascript:alert(1)'),
  'javascript: behind a second href': '<a href="javascript:alert(1)" href="https://example.com/">x</a>',
  'javascript: in an area of a map':
    '<img usemap=#m src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" width=9 height=9><map name=m><area shape=default href=javascript:alert(1)></map>',
  'javascript: in the address of an image': '<img src="javascript:alert(1)">',
  'javascript: in the other addresses of an image': '<img dynsrc="javascript:alert(1)" lowsrc="javascript:alert(1)">',
  'javascript: in a form': '<form action="javascript:alert(1)"><input type=submit value=x></form>',
  'javascript: in a button': '<form><button formaction="javascript:alert(1)">x</button></form>',
  'javascript: in a frame': '<iframe src="javascript:alert(1)"></iframe>',
  'javascript: in the target of a link': '<a href="https://example.com/" target="javascript:alert(1)">x</a>',
  'javascript: in a background': '<table background="javascript:alert(1)"><tr><td>x</table>',
  'javascript: in a quotation': '<blockquote cite="javascript:alert(1)">x</blockquote>',
  'javascript: in a base': '<base href="javascript:alert(1);//"><a href="#">x</a>',
  'javascript: in an object': '<object data="javascript:alert(1)"></object>',
  'javascript: in an embed': '<embed src="javascript:alert(1)">',
  'javascript: in a link within svg': '<svg><a xlink:href="javascript:alert(1)"><text y=20>x</text></a></svg>',
  'javascript: in a link within math':
    '<math><mtext href="javascript:alert(1)" xlink:href="javascript:alert(1)">x</math>',
  'vbscript: in a link': link('vbscript:msgbox(1)'),
  'livescript: and mocha:': link('livescript:alert(1)') + link('mocha:alert(1)'),
  'jar: in a link': link('jar:https://out.example/a.jar!/a.html'),
  'file: in a link': link('file:///etc/passwd'),
  'blob: in a link': link('blob:https://out.example/1'),
  'about: in a link': link('about:blank'),
  'data: in a link': link('data:text/html,<script>alert(1)</script>'),
  'data: in a link, base64': link('data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=='),
  'data: in a frame': '<iframe src="data:text/html,<script>alert(1)</script>"></iframe>',
  'data: of an SVG with a script in an embed':
    '<embed src="data:image/svg+xml,<svg xmlns=%22http://www.w3.org/2000/svg%22 onload=%22alert(1)%22/>">',
  'data: of an SVG in an image':
    '<img src="data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIG9ubG9hZD0iYWxlcnQoMSkiLz4=">',
  'data: that leaves its attribute': '<img src="data:image/png;base64,AA&quot; onerror=&quot;alert(1)">',
  'data: of an image that is a page':
    '<object data="data:image/png,<script>alert(1)</script>" type="text/html"></object>',
  'cid: that leaves its attribute': '<img src="cid:x&quot; onerror=&quot;alert(1)">',
  'address that leaves its attribute': link('https://example.com/&quot; onmouseover=&quot;alert(1)'),
  'address that leaves a single quote': "<a href='https://example.com/&#39; onmouseover=&#39;alert(1)'>x</a>",
  'address with a name that looks like a host': link('https://bank.example@out.example/login'),
  'relative address': link('/settings/forwarding?to=out@out.example'),
  'relative address of a script in a link': '<link rel=import href="/x.html"><a href="x.html">x</a>',
  'link that pings': `<a href="#" ping="${OUT}/ping">Read on</a>`,
  'link that downloads': '<a href="https://example.com/a.exe" download="invoice.pdf">x</a>',
  'link into the frame around': '<a href="https://example.com/" target="_top">x</a>',
})
