/** POSTERN_SMTP_URL: the server that it names, and what is said of one that names none. */
import { expect, it } from 'vitest'
import { parseSmtpUrl } from '../../../src/outbound/providers/smtp/server.ts'

const ada = { user: 'ada', password: 'secret' }

it.each([
  ['smtps://ada:secret@mail.example', { host: 'mail.example', port: 465, tls: 'implicit', credentials: ada }],
  ['smtps://ada:secret@mail.example:4650/', { host: 'mail.example', port: 4650, tls: 'implicit', credentials: ada }],
  ['smtp://ada:secret@Mail.Example', { host: 'mail.example', port: 587, tls: 'starttls', credentials: ada }],
  ['smtp://mail.example:2525', { host: 'mail.example', port: 2525, tls: 'starttls', credentials: null }],
  ['smtps://[2001:db8::1]:465', { host: '[2001:db8::1]', port: 465, tls: 'implicit', credentials: null }],
  [
    'smtp://a%40b.example:p%3A%2F%C3%B6@mail.example',
    { host: 'mail.example', port: 587, tls: 'starttls', credentials: { user: 'a@b.example', password: 'p:/ö' } },
  ],
])('%s', (url, server) => {
  expect(parseSmtpUrl(url, false)).toEqual(server)
  expect(parseSmtpUrl(url, true)).toEqual(server)
})

it.each(['127.0.0.1', 'localhost', '[::1]', '127.255.1.2'])(
  '%s is spoken to in clear under POSTERN_DEV, and never else',
  (host) => {
    expect(parseSmtpUrl(`smtp://ada:secret@${host}:25`, true)).toEqual({
      host,
      port: 25,
      tls: 'none',
      credentials: ada,
    })
    expect(parseSmtpUrl(`smtps://${host}:465`, true)).toMatchObject({ tls: 'implicit' })
    expect(parseSmtpUrl(`smtp://ada:secret@${host}:2525`, false)).toHaveProperty('problem')
  },
)

it.each([
  '',
  'mail.example:587',
  'https://mail.example',
  'smtp://',
  'smtp://ada:secret@mail.example:25',
  'smtp://ada:secret@mail.example/path',
  'smtp://ada:secret@mail.example?tls=off',
  'smtp://ada:secret@mail.example#x',
  'smtp://ada@mail.example',
  'smtp://:secret@mail.example',
  'smtp://ada:sec%00ret@mail.example',
  'smtp://ada:sec%ZZret@mail.example',
  `smtp://ada:${'secret'.repeat(300)}@mail.example`,
  'smtp://ada:secret@mail_.example%0d%0a',
  'smtp://ada:secret@müller.example',
  'smtp://127.0.0.1.mail.example:25',
  'smtp://mail.example:99999',
])('%j is none, and the problem shows nothing of it', (url) => {
  const parsed = parseSmtpUrl(url, true)
  expect(parsed).toEqual({ problem: expect.any(String) })
  expect(JSON.stringify(parsed)).not.toMatch(/secret|mail\.|ada/)
})
