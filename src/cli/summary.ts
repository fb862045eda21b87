/** What `npm start` prints when all is up: where everything is, the keys, and three lines to try. */
import { styleText } from 'node:util'
import type { Demo } from './demo.ts'
import { LOOPBACK, type Port } from './listeners.ts'

const COLUMN = 14

export function summary(demo: Demo, ports: Port[], demoFile: string): string {
  const row = (label: string, value: string) => `  ${label.padEnd(COLUMN)}${value}`
  const title = (text: string) => `  ${styleText('bold', text)}`
  return [
    '',
    title('Postern is running.'),
    '',
    ...ports.map(({ label, port, via }) => row(label, via === 'http' ? demo.url : `${LOOPBACK}:${port}`)),
    row('Reference', `${demo.url}/docs`),
    row('Description', `${demo.url}/openapi.json`),
    '',
    row('Address', demo.address),
    row('API key', demo.api_key),
    row('App password', demo.app_password),
    row('Admin key', demo.admin_key),
    row('', `(also in ${demoFile})`),
    '',
    title('Try it, in another terminal: deliver a message, find it, read it.'),
    '',
    ...linesToTry(demo).map((line) => `  ${line}\n`),
    '  Ctrl-C stops it and keeps the mail; npm start -- --fresh begins anew. What follows is the log.',
    '',
  ].join('\n')
}

/** Each can be pasted as it is. The second prints the id that the third reads by itself. */
export function linesToTry({ url, address, api_key }: Demo): string[] {
  const message = [
    'From: Ada <ada@example.com>',
    `To: ${address}`,
    'Subject: Hello, Postern',
    'Message-ID: <hello@example.com>',
    '',
    'The quince trees are in bloom.',
    '',
  ].join('\\r\\n')
  const get = `curl -s -H 'Authorization: Bearer ${api_key}'`
  const search = `'${url}/v1/messages?q=quince'`
  const id = `$(${get} ${search} | grep -o 'msg_[A-Za-z0-9_-]*' | head -n 1)`
  return [
    `printf '${message}' | curl --data-binary @- '${url}/cdn-cgi/handler/email?from=ada@example.com&to=${address}'`,
    `${get} ${search}`,
    `${get} "${url}/v1/messages/${id}"`,
  ]
}
