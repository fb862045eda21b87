/** What a server says that it can do, in its answer to EHLO (RFC 5321 §4.1.1.1). */
export type Capabilities = {
  pipelining: boolean
  eightBitMime: boolean
  smtpUtf8: boolean
  chunking: boolean
  startTls: boolean
  /** The largest message that it takes (RFC 1870); null: it does not say. */
  sizeMax: number | null
  /** Whether it knows SIZE at all. */
  size: boolean
  /** Mechanisms, in upper case. */
  auth: ReadonlySet<string>
}

/** Of a server that knows HELO only. */
export const NONE: Capabilities = {
  ...{ pipelining: false, eightBitMime: false, smtpUtf8: false, chunking: false, startTls: false },
  ...{ sizeMax: null, size: false, auth: new Set() },
}

/** `lines`: those of the answer, of which the first is a greeting. */
export function readCapabilities(lines: readonly string[]): Capabilities {
  const offered = new Map<string, string[]>()
  for (const line of lines.slice(1)) {
    // AUTH=LOGIN is how servers wrote it before RFC 4954.
    const [name = '', ...words] = line
      .toUpperCase()
      .trim()
      .split(/[ \t=]+/)
    offered.set(name, [...(offered.get(name) ?? []), ...words])
  }
  const size = Number(offered.get('SIZE')?.[0])
  return {
    pipelining: offered.has('PIPELINING'),
    eightBitMime: offered.has('8BITMIME'),
    smtpUtf8: offered.has('SMTPUTF8'),
    chunking: offered.has('CHUNKING'),
    startTls: offered.has('STARTTLS'),
    // RFC 1870 §4: zero is no limit.
    sizeMax: Number.isSafeInteger(size) && size > 0 ? size : null,
    size: offered.has('SIZE'),
    auth: new Set(offered.get('AUTH') ?? []),
  }
}
