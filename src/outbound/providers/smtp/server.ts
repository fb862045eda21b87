/**
 * The SMTP server that takes our mail, as POSTERN_SMTP_URL names it:
 *
 *   smtps://user:password@host:465    TLS from the first byte (RFC 8314 §3.3)
 *   smtp://user:password@host:587     STARTTLS, without which nothing is said
 *   smtp://127.0.0.1:2525             in clear: only to this machine, and only under POSTERN_DEV
 *
 * User and password are percent-encoded where they hold what a URL may not. A problem is told without either.
 */
export type SmtpServer = {
  host: string
  port: number
  /** 'none' only ever to this machine. */
  tls: 'implicit' | 'starttls' | 'none'
  credentials: { user: string; password: string } | null
}

const IMPLICIT_TLS_PORT = 465
const SUBMISSION_PORT = 587
/** The port between mail servers. Workers may not open it, and no relay wants mail from a client there. */
const RELAY_PORT = 25
/** Of a user or a password: AUTH lines have some 12,000 octets (RFC 4954 §4), and are base64. */
const CREDENTIAL_CHARS_MAX = 1_000
/** Names and IPv4 addresses, or an IPv6 address in brackets. */
const HOST = /^(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])$/
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

export function parseSmtpUrl(text: string, isDev: boolean): SmtpServer | { problem: string } {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !['smtp:', 'smtps:'].includes(url.protocol)) return { problem: 'It is no smtps:// or smtp:// URL.' }
  if (/^\/?$/.test(url.pathname) === false || url.search !== '' || url.hash !== '')
    return { problem: 'It holds more than user, password, host and port.' }
  const host = url.hostname.toLowerCase()
  if (!HOST.test(host)) return { problem: 'Its host is no host name.' }
  const isImplicit = url.protocol === 'smtps:'
  const port = Number(url.port) || (isImplicit ? IMPLICIT_TLS_PORT : SUBMISSION_PORT)
  const isLoopback = LOOPBACK.test(host)
  if (isLoopback && !isDev) return { problem: 'Its host is this machine, which only POSTERN_DEV allows.' }
  if (port === RELAY_PORT && !isLoopback) return { problem: 'Port 25 is closed to Workers: use 465, or 587.' }
  const credentials = credentialsOf(url)
  if (credentials && 'problem' in credentials) return credentials
  return { host, port, tls: isImplicit ? 'implicit' : isLoopback ? 'none' : 'starttls', credentials }
}

function credentialsOf(url: URL): SmtpServer['credentials'] | { problem: string } {
  if (url.username === '' && url.password === '') return null
  try {
    const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)]
    const isUsable = (text: string) => text !== '' && text.length <= CREDENTIAL_CHARS_MAX && !text.includes('\0')
    // RFC 4616 §2: NUL parts the two.
    if (!isUsable(user) || !isUsable(password)) return { problem: 'Its user or its password is missing, or too long.' }
    return { user, password }
  } catch {
    return { problem: 'Its user or its password is not percent-encoded as a URL has it.' }
  }
}
