/** The line that each mailer and language puts above what it quotes, and lines of prose that only look like it. */
import { expect, test } from 'vitest'
import { ofForward, ofNoReply, ofReply } from './replies.ts'

const FORMS: [mailer: string, attribution: string][] = [
  ['Gmail, English', 'On Tue, Feb 3, 2026 at 9:15 AM Ann Lee <ann@example.org> wrote:'],
  ['Gmail, wrapped', 'On Tue, Feb 3, 2026 at 9:15 AM Ann Margaret Lee-Featherstonehaugh\n<ann@example.org> wrote:'],
  ['Gmail, wrapped at the verb', 'On Tue, Feb 3, 2026 at 9:15 AM Ann Lee <ann.lee@mail.example.org>\nwrote:'],
  ['Gmail, wrapped in the address', 'On Tue, Feb 3, 2026 at 9:15 AM Ann Lee via Group <\ngroup@example.org> wrote:'],
  [
    'three lines',
    'On Tuesday, February 3, 2026 at 09:15:00 AM GMT+1, Ann Lee of the\nlong department\n<ann@example.org> wrote:',
  ],
  ['Gmail, German', 'Am Di., 3. Feb. 2026 um 09:15 Uhr schrieb Ann Lee <ann@example.org>:'],
  ['Gmail, French', 'Le mar. 3 févr. 2026 à 09:15, Ann Lee <ann@example.org> a écrit :'],
  ['Gmail, Spanish', 'El mar, 3 feb 2026 a las 9:15, Ann Lee (<ann@example.org>) escribió:'],
  ['Gmail, Italian', 'Il giorno mar 3 feb 2026 alle ore 09:15 Ann Lee <ann@example.org> ha scritto:'],
  ['Gmail, Portuguese', 'Em ter., 3 de fev. de 2026 às 09:15, Ann Lee <ann@example.org> escreveu:'],
  ['Gmail, Dutch', 'Op di 3 feb 2026 om 09:15 schreef Ann Lee <ann@example.org>:'],
  ['Gmail, Polish', 'wt., 3 lut 2026 o 09:15 Ann Lee <ann@example.org> napisał(a):'],
  ['Gmail, Swedish', 'Den tis 3 feb. 2026 kl 09:15 skrev Ann Lee <ann@example.org>:'],
  ['Gmail, Finnish', 'ti 3. helmik. 2026 klo 9.15 Ann Lee (ann@example.org) kirjoitti:'],
  ['Gmail, Czech', 'út 3. 2. 2026 v 9:15 odesílatel Ann Lee <ann@example.org> napsal:'],
  ['Gmail, Hungarian', 'Ann Lee <ann@example.org> ezt írta (időpont: 2026. febr. 3., K, 9:15):'],
  ['Gmail, Turkish', 'Ann Lee <ann@example.org>, 3 Şub 2026 Sal, 09:15 tarihinde şunu yazdı:'],
  ['Gmail, Greek', 'Στις Τρί 3 Φεβ 2026 στις 9:15 π.μ., ο χρήστης Ann Lee <ann@example.org> έγραψε:'],
  ['Gmail, Russian', 'вт, 3 февр. 2026 г. в 09:15, Ann Lee <ann@example.org>:'],
  ['mail.ru', 'Вторник, 3 февраля 2026, 9:15 +03:00 от Ann Lee <ann@example.org>:'],
  ['Gmail, Ukrainian', 'вт, 3 лют. 2026 р. о 09:15 Ann Lee <ann@example.org> пише:'],
  ['Gmail, Romanian', 'În mar., 3 feb. 2026 la 09:15, Ann Lee <ann@example.org> a scris:'],
  [
    'Gmail, Hebrew',
    '\u202bבתאריך יום ג׳, 3 בפבר׳ 2026 ב-9:15 מאת \u202aAnn Lee\u202c\u200f <\u202aann@example.org\u202c\u200f>:\u202c',
  ],
  ['Gmail, Japanese', '2026年2月3日(火) 9:15 Ann Lee <ann@example.org>:'],
  ['Gmail, Korean', '2026년 2월 3일 (화) 오전 9:15, Ann Lee <ann@example.org>님이 작성:'],
  ['Gmail, simplified Chinese', 'Ann Lee <ann@example.org> 于2026年2月3日周二 09:15写道：'],
  ['Gmail, traditional Chinese', 'Ann Lee <ann@example.org> 於 2026年2月3日 週二 上午9:15寫道：'],
  ['Apple Mail, Chinese', '在 2026年2月3日，09:15，Ann Lee <ann@example.org> 写道：'],
  ['Apple Mail, Japanese', '2026/02/03 9:15、Ann Lee <ann@example.org>のメール:'],
  ['Apple Mail, Dutch', 'Op 3 feb. 2026 om 09:15 heeft Ann Lee <ann@example.org> het volgende geschreven:'],
  ['Yahoo', 'On Tuesday, February 3, 2026 at 09:15:00 AM GMT+1, Ann Lee <ann@example.org> wrote:'],
  ['QQ', 'At 2026-02-03 09:15:00, "Ann Lee" <ann@example.org> wrote:'],
  ['Yandex', '03.02.2026, 09:15, "Ann Lee" <ann@example.org>:'],
]

test.each(FORMS)('%s, above a marked quote', (_, attribution) => {
  expect(ofReply(`Fine by me.\n\n${attribution}\n\n> Is this fine?\n> Ann\n`)).toBe('Fine by me.')
})

test.each(FORMS)('%s, above a quote without marks', (_, attribution) => {
  expect(ofReply(`Fine by me.\n\n${attribution}\n\nIs this fine?\n\nAnn\n`)).toBe('Fine by me.')
})

test.each(FORMS)('%s, in a mail without reply headers', (_, attribution) => {
  expect(ofNoReply(`Fine by me.\n\n${attribution}\n> Is this fine?\n`)).toBe('Fine by me.')
})

test.each([
  ['Thunderbird', 'On 03/02/2026 09:15, Ann Lee wrote:'],
  ['Thunderbird, German', 'Am 03.02.26 um 09:15 schrieb Ann Lee:'],
  ['Thunderbird, French', 'Le 03/02/2026 à 09:15, Ann Lee a écrit :'],
  ['Thunderbird, Polish', 'W dniu 3.02.2026 o 09:15, Ann Lee pisze:'],
  ['Thunderbird, Portuguese', 'Em 03/02/2026 09:15, Ann Lee escreveu:'],
  ['Thunderbird, Russian', '03.02.2026 09:15, Ann Lee пишет:'],
  ['Thunderbird, Japanese', 'On 2026/02/03 9:15, Ann Lee wrote:'],
  ['KMail, German', 'Am Dienstag, 3. Februar 2026, 09:15:00 CET schrieb Ann Lee:'],
  ['a name alone', 'Ann Lee wrote:'],
  ['two lines of a list', '* Ann Lee <ann@example.org> [2026-02-03 09:15]:'],
  ['webmail', 'Quoting Ann Lee <ann@example.org>:'],
  ['webmail, German', 'Zitat von Ann Lee <ann@example.org>:'],
])('%s, above a marked quote only', (_, attribution) => {
  expect(ofReply(`Fine.\n\n${attribution}\n> Is this fine?\n`)).toBe('Fine.')
})

test.each([
  ['right below the answer', 'Fine.\nOn Tue, Feb 3, 2026 at 9:15 AM Ann <ann@example.org> wrote:\n> Is it?', 'Fine.'],
  ['an answer that opens like one', 'On your question, yes.\nAnn Lee wrote:\n> Is it?', 'On your question, yes.'],
  [
    'on one line with the quote',
    'Fine.\n\n  On Tue, 3 Feb 2026 at 9:15, Ann<ann@example.org> wrote:   Is it?\nAnn',
    'Fine.',
  ],
  [
    'above a cut quote',
    'On 3 Feb 2026 at 9:15, Ann <ann@example.org> wrote:\n[...]\n> Is it?\nFine.',
    '[...]\n\nFine.',
  ],
])('an attribution %s', (_, text, want) => {
  expect(ofReply(text)).toBe(want)
})

test.each([
  ['prose that ends in a verb', 'On Monday she wrote:\n\nthat all is well.'],
  ['prose with a year', 'In 2019 my teacher wrote:\n\nall is well.'],
  ['prose with a date and a time', 'The log of 2026-02-03 at 10:30 has this:\n\ndisk full'],
  ['prose with an address', 'Ask ann@example.org on 3 Feb 2026 at 9:15:\n\nshe knows.'],
  ['a list', 'We need on 3.2.2026:\n\n- bread\n- milk'],
  ['a heading', 'Tue 3 Feb 2026 9:15, room 4:\n\nthe meeting.'],
])('%s is no attribution', (_, text) => {
  expect(ofReply(text)).toBe(text)
  expect(ofForward(text)).toBe(text)
})

test.each([
  ['a shell', 'Run this:\n\n> make\n> make install\n\nand tell me.'],
  ['a comparison', 'if (a\n> b) return'],
  ['a poem', '> I wandered lonely as a cloud\n\nis what I meant.'],
  ['a quoted book', 'As the book says:\n> all is well\nand so it is.'],
])('the > of %s stays in a mail that answers nothing', (_, text) => {
  expect(ofNoReply(text)).toBe(text)
})

test('a line introducing a quotation stays where it names nobody', () => {
  expect(ofReply('The log has this:\n> disk full\nWhat now?')).toBe('The log has this:\n\nWhat now?')
})
