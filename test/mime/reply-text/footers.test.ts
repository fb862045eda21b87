/** Signatures, what phones add, footers of lists and lawyers; and what looks like them. */
import { expect, test } from 'vitest'
import { ofForward, ofNoReply, ofReply } from './replies.ts'

test.each([
  ['a signature', '-- \nBob Ray\nExample Ltd'],
  ['a signature whose space was lost', '--\nBob Ray'],
  ['a tracker', '—\nReply to this email directly, or view it there.\nYou are receiving this because you wrote.'],
  ['iPhone', 'Sent from my iPhone'],
  ['iPhone, German', 'Von meinem iPhone gesendet'],
  ['iPhone, French', 'Envoyé de mon iPhone'],
  ['iPhone, Spanish', 'Enviado desde mi iPhone'],
  ['iPhone, Italian', 'Inviato da iPhone'],
  ['iPhone, Portuguese', 'Enviado do meu iPhone'],
  ['iPhone, Dutch', 'Verstuurd vanaf mijn iPhone'],
  ['iPhone, Polish', 'Wysłane z iPhone’a'],
  ['iPhone, Swedish', 'Skickat från min iPhone'],
  ['iPhone, Russian', 'Отправлено с iPhone'],
  ['iPhone, Japanese', 'iPhoneから送信'],
  ['iPhone, Chinese', '发自我的 iPhone'],
  ['iPhone, Korean', '나의 iPhone에서 보냄'],
  ['Android', 'Sent from my Galaxy'],
  ['Outlook on iOS', 'Get Outlook for iOS<https://aka.ms/example>'],
  ['Outlook on Android', 'Sent from Outlook for Android'],
  ['Outlook on iOS, German', 'Gesendet von Outlook für iOS'],
  ['Outlook on iOS, French', 'Télécharger Outlook pour iOS'],
  ['Windows', 'Sent from Mail for Windows'],
  ['Yahoo', 'Sent from Yahoo Mail on Android'],
  ['Proton', 'Sent with Proton Mail secure email.'],
  [
    'a list',
    `${'_'.repeat(47)}\nTalk mailing list -- talk@lists.example.org\nTo unsubscribe send an email to talk-leave@lists.example.org`,
  ],
  ['a group', '-- \nYou received this message because you are subscribed to the group.\nTo unsubscribe, write to x.'],
  [
    'a list without signature',
    '---------------------------------------------------------\nTo unsubscribe, e-mail: dev-unsubscribe@example.org',
  ],
  ['a lawyer', `CONFIDENTIALITY NOTICE: what is in here\nis for its reader.`],
  [
    'a lawyer without heading',
    `This e-mail and any files with it are confidential and intended solely for the addressee. ${'If you are not that person, delete it. '.repeat(3)}`,
  ],
  [
    'a German lawyer',
    `Diese E-Mail enthält vertrauliche und rechtlich geschützte Informationen. ${'Bitte löschen Sie sie. '.repeat(5)}`,
  ],
  [
    'a French lawyer',
    `Ce message et ses pièces jointes sont confidentiels et établis pour leurs destinataires. ${'Merci. '.repeat(12)}`,
  ],
  ['a lawyer below a signature', '-- \nBob\n\nDisclaimer: nothing here is meant.'],
  [
    'a phone above a list',
    `Sent from my iPhone\n\n${'_'.repeat(47)}\nTalk mailing list\nhttps://lists.example.org/listinfo/talk`,
  ],
])('%s goes, in a reply, above its quote and in a first mail', (_, footer) => {
  const quote = 'On Tue, Feb 3, 2026 at 9:15 AM Ann <ann@example.org> wrote:\n> Lunch?'
  expect(ofReply(`Yes.\n\n${footer}\n`)).toBe('Yes.')
  expect(ofReply(`Yes.\n\n${footer}\n\n${quote}`)).toBe('Yes.')
  expect(ofReply(`${quote}\n\nYes.\n\n${footer}\n`)).toBe('Yes.')
  expect(ofNoReply(`Yes.\n\n${footer}`)).toBe('Yes.')
})

test.each([
  ['a closing', 'Yes.\n\nBest regards,\nBob'],
  ['a story of a parcel', 'It was\nsent from Paris by the mobile library.\nIt is here.'],
  ['a short word on secrecy', 'Yes.\n\nThis message is confidential, so do not tell Eve.'],
  [
    'law in the middle',
    `This e-mail is confidential and privileged. ${'Or so they say. '.repeat(9).trim()}\n\nThat is what their mail said. Is it valid?`,
  ],
  ['a rule that is drawn', 'One.\n\n________________________\n\nTwo.'],
  ['a long text below two hyphens', `One.\n--\n${'More.\n'.repeat(40)}The end.`],
  ['talk of lists', 'Please unsubscribe me from the mailing list.'],
])('%s stays', (_, text) => {
  expect(ofReply(text)).toBe(text)
  expect(ofNoReply(text)).toBe(text)
})

test.each([
  ['only a signature', '-- \nBob'],
  ['only a phone', 'Sent from my iPhone'],
])('%s is given whole', (_, text) => {
  expect(ofReply(text)).toBe(text)
})

test('a forward from a phone without a comment is given whole', () => {
  const text =
    'Sent from my iPhone\n\nBegin forwarded message:\n\nFrom: Ann\nDate: today\nTo: Bob\nSubject: Lunch\n\nLunch?'
  expect(ofForward(text)).toBe(text)
})
