/** Header blocks and separators, above replies and forwards, and blocks that only look like them. */
import { expect, test } from 'vitest'
import { ofForward, ofNoReply, ofReply } from './replies.ts'

const BLOCKS: [mailer: string, block: string][] = [
  [
    'English',
    'From: Ann Lee <ann@example.org>\nSent: Tuesday, February 3, 2026 9:15 AM\nTo: Bob <bob@example.org>\nSubject: Lunch',
  ],
  [
    'German',
    'Von: Ann Lee <ann@example.org>\nGesendet: Dienstag, 3. Februar 2026 09:15\nAn: Bob\nCc: Eve\nBetreff: Essen',
  ],
  ['French', 'De : Ann Lee <ann@example.org>\nEnvoyé : mardi 3 février 2026 09:15\nÀ : Bob\nObjet : Déjeuner'],
  [
    'Spanish',
    'De: Ann Lee <ann@example.org>\nEnviado el: martes, 3 de febrero de 2026 9:15\nPara: Bob\nAsunto: Comida',
  ],
  ['Italian', 'Da: Ann Lee <ann@example.org>\nInviato: martedì 3 febbraio 2026 09:15\nA: Bob\nOggetto: Pranzo'],
  ['Portuguese', 'De: Ann Lee <ann@example.org>\nEnviado: 3 de fevereiro de 2026 09:15\nPara: Bob\nAssunto: Almoço'],
  ['Dutch', 'Van: Ann Lee <ann@example.org>\nVerzonden: dinsdag 3 februari 2026 09:15\nAan: Bob\nOnderwerp: Lunch'],
  ['Polish', 'Od: Ann Lee <ann@example.org>\nWysłano: wtorek, 3 lutego 2026 09:15\nDo: Bob\nTemat: Obiad'],
  ['Swedish', 'Från: Ann Lee <ann@example.org>\nSkickat: den 3 februari 2026 09:15\nTill: Bob\nÄmne: Lunch'],
  ['Russian', 'От: Ann Lee <ann@example.org>\nОтправлено: 3 февраля 2026 г. 9:15\nКому: Bob\nТема: Обед'],
  ['Japanese', '差出人: Ann Lee <ann@example.org>\n送信日時: 2026年2月3日 9:15\n宛先: Bob\n件名: 昼食'],
  ['Chinese', '发件人: Ann Lee <ann@example.org>\n发送时间: 2026年2月3日 9:15\n收件人: Bob\n主题: 午餐'],
  ['Korean', '보낸 사람: Ann Lee <ann@example.org>\n보낸 날짜: 2026년 2월 3일 9:15\n받는 사람: Bob\n제목: 점심'],
  ['in bold stars', '*From:* Ann Lee <ann@example.org>\n*Sent:* Tuesday 9:15\n*To:* Bob\n*Subject:* Lunch'],
  [
    'with wrapped recipients',
    'From: Ann\nTo: Bob <bob@example.org>; Eve\n <eve@example.org>; Dan <dan@example.org>\nSubject: Lunch',
  ],
  ['with blank lines between', 'From: Ann\n\nSent: Tuesday 9:15\n\nTo: Bob\n\nSubject: Lunch'],
]

test.each(BLOCKS)("Outlook's headers, %s", (_, block) => {
  expect(ofReply(`Yes, at noon.\n\nBob\n\n${block}\n\nLunch today?\n\nAnn`)).toBe('Yes, at noon.\n\nBob')
  expect(ofReply(`Yes, at noon.\n\n________________________________\n${block}\n\nLunch today?`)).toBe('Yes, at noon.')
})

test.each(BLOCKS)('a forward of them without a comment is given whole, %s', (_, block) => {
  const text = `${block}\n\nLunch today?\n\nAnn`
  expect(ofForward(text)).toBe(text)
})

test.each([
  ['English', '-----Original Message-----'],
  ['English, with spaces', '--- Original Message ---'],
  ['German', '-----Ursprüngliche Nachricht-----'],
  ['French', "-----Message d'origine-----"],
  ['Spanish', '-----Mensaje original-----'],
  ['Italian', '-----Messaggio originale-----'],
  ['Portuguese', '-----Mensagem original-----'],
  ['Dutch', '-----Oorspronkelijk bericht-----'],
  ['Russian', '-----Исходное сообщение-----'],
  ['Japanese', '-----元のメッセージ-----'],
  ['Chinese', '------------------ 原始邮件 ------------------'],
  ['Proton', '------- Original Message -------'],
  ['Proton, with hyphens of its own', '‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐'],
  ['Gmail forward', '---------- Forwarded message ---------'],
  ['Gmail forward, French', '---------- Message transféré ---------'],
  ['Thunderbird forward, German', '-------- Weitergeleitete Nachricht --------'],
  ['Apple forward', 'Begin forwarded message:'],
  ['Apple forward, German', 'Anfang der weitergeleiteten Nachricht:'],
  ['Apple forward, Spanish', 'Inicio del mensaje reenviado:'],
])('%s: the comment above the separator', (_, line) => {
  const below = 'From: Ann Lee <ann@example.org>\nDate: Tue, 3 Feb 2026 09:15\nSubject: Lunch\nTo: Bob\n\nLunch?\n'
  expect(ofForward(`See below.\n\n${line}\n\n${below}`)).toBe('See below.')
  expect(ofNoReply(`See below.\n\n${line}\n${below}`)).toBe('See below.')
  expect(ofReply(`See below.\n\n${line}\nLunch?`)).toBe('See below.')
})

test.each([
  [
    'a header block above marks',
    '-----Original Message-----\nFrom: Ann\nSent: today\nTo: Bob\nSubject: Lunch\n\n> Lunch?\n\nYes.',
    'Yes.',
  ],
  ['a short one above marks', '----- Original Message -----\nFrom: "Ann" <ann@example.org>\n\n> Lunch?\nYes.', 'Yes.'],
  [
    'a separator above an attribution',
    'Yes.\n\n------- Original Message -------\nOn Tuesday, Ann <ann@example.org> wrote:\n\n> Lunch?',
    'Yes.',
  ],
  [
    'an unknown language in dashes',
    'Jah.\n\n-----Algne kiri-----\nFrom: Ann\nDate: today\nTo: Bob\nSubject: Lõuna\n\nLõuna?',
    'Jah.',
  ],
])('%s', (_, text, want) => {
  expect(ofReply(text)).toBe(want)
})

test('what somebody answered who is quoted goes with the rest', () => {
  const quoted = 'On Tue, Feb 3, 2026 at 9:15 AM Bob <bob@example.org> wrote:\n> Lunch?\n\nWhere?'
  expect(ofReply(`Here.\n\n${BLOCKS[0]?.[1]}\n\n${quoted}`)).toBe('Here.')
})

test.each([
  ['one header', 'From: here to there it is far.\nTo: be or not to be.'],
  ['a journey', 'From: Zurich\nTo: Paris\nDate: 3 May\n\nWhich train?'],
  ['a heading in dashes', 'One.\n\n--- Details ---\n\nTwo.'],
  ['a rule', 'One.\n\n----------\n\nTwo.'],
  ['talk of forwarding', 'I will begin forwarded message handling\n\ntomorrow.'],
])('%s is no header of a quote', (_, text) => {
  expect(ofReply(text)).toBe(text)
})

test('a form that a site mails keeps its fields', () => {
  const text =
    'A new entry:\n\nFrom: Ann Lee <ann@example.org>\nSubject: Prices\nDate: 2026-02-03\n\nWhat does it cost?'
  expect(ofNoReply(text)).toBe(text)
})
