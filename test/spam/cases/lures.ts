import { type Case, headers, page } from './case.ts'

const elsewhere = '<a href="https://evil.example/go">Continue</a>'
const atHome = '<a href="https://www.shop.example/go">Continue</a>'
const lure = (text: string, door = elsewhere, subject = 'Notice') => page(`<p>${text}</p>${door}`, { Subject: subject })

const account = 'Unusual sign-in to your mailbox. Verify your password within 24 hours or it will be suspended.'
const prize = 'Congratulations! You have been selected. Claim your reward, a gift voucher.'
const parcel = 'Ihr Paket wartet im Lager. Bitte die Zustellung bestätigen.'
const fortune =
  'I am the widow of the late minister. I inherited 12 million dollars and seek a beneficiary for a donation to charity. God bless you.'
const blackmail =
  'I have hacked your device and recorded you by your webcam. Send bitcoin, or all your contacts will see the video.'

const bill =
  'Your subscription was renewed and your card charged. Invoice attached. To cancel or get a refund call +1 (800) 555-0199.'

export const LURE_CASES: Case[] = [
  ['LURE_ACCOUNT', 'pressure and an account', lure(account), lure(account, atHome)],
  [
    'LURE_ACCOUNT',
    'in Spanish',
    lure('Su cuenta será suspendida. Confirme su contraseña, urgente.'),
    lure('Su cuenta.'),
  ],
  [
    'LURE_ACCOUNT',
    'not in an answer',
    lure(account),
    {
      ...lure(account, elsewhere, 'Re: Your question'),
      headers: { Subject: 'Re: Your question', 'In-Reply-To': '<1@here.example>' },
    },
  ],
  ['LURE_PRIZE', 'a prize', lure(prize), lure(prize, atHome)],
  [
    'LURE_PRIZE',
    'in German',
    lure('Herzlichen Glückwunsch, Sie haben gewonnen: ein Gutschein.'),
    lure('Ein Gutschein.'),
  ],
  ['LURE_PARCEL', 'a parcel', lure(parcel), lure(parcel, atHome)],
  [
    'LURE_COINS',
    'coins',
    lure('Your wallet is eligible: claim your free tokens in our airdrop, verify now.'),
    lure('Your wallet was found at the bus stop.'),
  ],
  [
    'LURE_COINS',
    "somebody else's login",
    { text: 'Here is the bitcoin account. User ID: 8812345 Password: hunter' },
    { text: 'Here is the staging account. User ID: 8812345 Password: hunter' },
  ],
  ['LURE_GOODS', 'pills', lure('Cheap viagra and cialis from our pharmacy'), lure('Cheap tea from our garden')],
  ['LURE_FORTUNE', 'an inheritance', { text: fortune }, { text: 'I inherited a clock from my late aunt.' }],
  [
    'LURE_FORTUNE',
    'few words to many',
    {
      headers: { To: 'undisclosed-recipients:;', 'Reply-To': 'x@other.example' },
      text: 'I have an investment proposal for you, kindly reply.',
    },
    { headers: { 'Reply-To': 'x@other.example' }, text: 'I have an investment proposal for you, kindly reply.' },
  ],
  [
    'LURE_EXTORTION',
    'with an address to pay to',
    { text: `${blackmail} bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4` },
    { text: 'The webcam is recorded on video by bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4' },
  ],
  [
    'LURE_EXTORTION',
    'and not news of it, which leads to its own house',
    { text: `${blackmail} The ransom is paid in bitcoin; malware, spyware, hacked, trojan.` },
    {
      text: `${blackmail} The ransom is paid in bitcoin; malware, spyware, hacked, trojan. https://www.shop.example/news`,
    },
  ],
  [
    'LURE_COINS',
    'a sum that waits',
    { headers: { From: 'a@gmail.com' }, text: 'You have 24 hours to withdraw $17,794 of bitcoin.' },
    { headers: { From: 'a@bank.example' }, text: 'You have 24 hours to withdraw $17,794 of bitcoin.' },
  ],
  [
    'LURE_FORTUNE',
    'a stranger to many',
    {
      headers: { From: 'a@gmail.com', To: 'undisclosed-recipients:;' },
      text: 'I seek a beneficiary for an inheritance.',
    },
    { headers: { To: 'undisclosed-recipients:;' }, text: 'I seek a beneficiary for an inheritance.' },
  ],
  [
    'LURE_CALL',
    'a bill with a number to call',
    { headers: { From: 'a@gmail.com' }, text: bill },
    { headers: { From: 'billing@shop.example' }, text: bill },
  ],
  [
    'SUBJECT_RANDOM',
    'drawn letters',
    headers({ Subject: 'Notice YydtzJJTBFBvIBDBt9jk' }),
    headers({ Subject: 'getHTTPResponseCode of OpenStreetMap' }),
  ],
  [
    'SUBJECT_PICTOGRAPHS',
    'pictures',
    headers({ Subject: word('🎁🎉 for you') }),
    headers({ Subject: word('🎉 done') }),
  ],
  ['SUBJECT_EXCLAIMED', 'crying', headers({ Subject: 'Act now!!' }), headers({ Subject: 'Act now!' })],
  [
    'SUBJECT_FALSE_REPLY',
    'an answer to nothing',
    headers({ Subject: 'Re: your request' }),
    headers({ Subject: 'Re: your request', 'In-Reply-To': '<1@here.example>' }),
  ],
]

function word(text: string): string {
  return `=?utf-8?b?${btoa(String.fromCharCode(...new TextEncoder().encode(text)))}?=`
}
