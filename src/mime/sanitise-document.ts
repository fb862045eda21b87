/**
 * The document in which a sanitised fragment is shown: the srcdoc of a frame with `MAIL_FRAME_SANDBOX` as its `sandbox`.
 *
 * It promises again, to the browser this time, what sanitise.ts made so: no script, nothing loaded but the pictures that
 * were asked for, no form, and no way out of the frame but a link that the reader follows into a new tab.
 */

/** What the frame may do. No scripts, no forms, no origin, no navigation of the page around it. */
export const MAIL_FRAME_SANDBOX = 'allow-popups allow-popups-to-escape-sandbox'

export type DocumentOptions = {
  /** As it was given to sanitiseHtml. */
  remote?: 'block' | 'allow'
  /** The origin that serves the pictures which the mail itself carries, where cid: was mapped to it. */
  imagesFrom?: string
}

/** `fragment` is the `html` of sanitiseHtml, never anything else. */
export function sanitisedDocument(fragment: string, options: DocumentOptions = {}): string {
  return [
    '<!DOCTYPE html><html><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy(options)}">`,
    '<meta name="referrer" content="no-referrer">',
    // The name of a link's host is not to be looked up before the link is followed.
    '<meta http-equiv="x-dns-prefetch-control" content="off">',
    '<meta name="viewport" content="width=device-width">',
    '<base target="_blank">',
    // Mail is written for a white page, whatever the colours around the frame.
    '<style>html{color-scheme:light}body{margin:8px;background:#fff;color:#000;overflow-wrap:break-word}</style>',
    `</head><body>${fragment}</body></html>`,
  ].join('')
}

function policy({ remote = 'block', imagesFrom }: DocumentOptions): string {
  const images = ['data:']
  const origin = imagesFrom === undefined ? null : (URL.parse(imagesFrom)?.origin ?? null)
  if (origin !== null && /^https?:\/\/[\w.:[\]-]+$/.test(origin)) images.push(origin)
  if (remote === 'allow') images.push('https:')
  return [
    "default-src 'none'",
    `img-src ${images.join(' ')}`,
    "style-src 'unsafe-inline'",
    "base-uri 'none'",
    "form-action 'none'",
    // Pictures named by http: are asked for by https:, so that nobody on the way sees which.
    ...(remote === 'allow' ? ['upgrade-insecure-requests'] : []),
  ].join('; ')
}
