/**
 * Reading Authentication-Results (RFC 8601 §2.2), its ARC copy (RFC 8617 §4.1.1) and Received-SPF (RFC 7208 §9.1).
 *
 * Whoever wrote the field is trusted or not by trusted-block.ts; here only its grammar counts. The field repeats values
 * that a stranger chose (addresses, the HELO name, domains), so a search for 'dmarc=pass' in it finds what the stranger
 * wants found. Quoted strings and nested comments are therefore read as the grammar has them.
 *
 * One thing the grammar leaves open: a quote inside a comment means nothing to RFC 5322 §3.2.2, yet a server that copies
 * an address into a comment writes `(domain of "a); dmarc=pass ("@evil.example ...)`, and the comment ends where the
 * stranger likes. Each field is read both ways, and only what both readings agree on is believed.
 *
 * Invariants: linear in the field's length, no recursion, never throws. What cannot be read is left out, never guessed.
 */
export type PropertyValue = { name: string; value: string }

export type MethodResult = {
  /** In lower case, without a version: 'dkim'. */
  method: string
  /** In lower case, as written: 'pass'. */
  result: string
  /** 'smtp.mailfrom', 'header.d', 'reason', ... in lower case, in order; values unquoted. */
  properties: PropertyValue[]
}

export type AuthenticationResults = {
  /** The ARC instance, null for a plain Authentication-Results. */
  instance: number | null
  /** As written: compare it whole, never by prefix. */
  authservId: string
  methods: MethodResult[]
}

export type ReceivedSpf = { result: string; receiver: string | null; clientIp: string | null; helo: string | null }

/** Longer fields are left unread. Most have about 1,000 characters, and one result more for each signature that a sender adds. */
const FIELD_CHARS_MAX = 65_536
/** Results read from one field: those of many signatures must not hide what stands behind them. */
const METHODS_MAX = 1_000
/** Properties read with one result. */
const PROPERTIES_MAX = 20
// Not \s: fields come one character a byte, and 0xA0 is half of an 'à' in UTF-8.
const BLANK = /[ \t\r\n]/
const WORD_END = /[ \t\r\n;="()]/
const VALUE_END = /[ \t\r\n;()]/
/** RFC 8617 §4.2.1: an ARC chain has at most 50 sets. */
const ARC_INSTANCE_MAX = 50

/** Reads an Authentication-Results value; null where it names no server. */
export function parseAuthenticationResults(value: string): AuthenticationResults | null {
  return bothWays(value, (scan) => readResults(scan, null))
}

/** Reads an ARC-Authentication-Results value, which is the same behind `i=<instance>;`. */
export function parseArcAuthenticationResults(value: string): AuthenticationResults | null {
  return bothWays(value, (scan) => {
    const instance = readInstance(scan)
    return instance === null ? null : readResults(scan, instance)
  })
}

export function parseReceivedSpf(value: string): ReceivedSpf | null {
  const readings = readTwice(value, readReceivedSpf)
  if (!readings) return null
  const [plain, quoted] = readings
  const agreed = (key: 'receiver' | 'clientIp' | 'helo') => (plain[key] === quoted[key] ? plain[key] : null)
  return { result: plain.result, receiver: agreed('receiver'), clientIp: agreed('clientIp'), helo: agreed('helo') }
}

/** The first value of a property, null where it is absent. */
export function propertyOf(method: MethodResult, name: string): string | null {
  return method.properties.find((property) => property.name === name)?.value ?? null
}

/** The domain of an address or of a bare domain, in lower case; null where there is none. */
export function domainOf(value: string | null): string | null {
  if (value === null) return null
  // The last '@' is the one before the domain: a domain has none, a quoted local part may.
  const domain = value.slice(value.lastIndexOf('@') + 1).toLowerCase()
  return /^[^\s"'()<>[\],;:\\]{1,255}$/.test(domain) ? domain.replace(/\.$/, '') : null
}

function bothWays(value: string, read: (scan: Scanner) => AuthenticationResults | null): AuthenticationResults | null {
  const readings = readTwice(value, read)
  if (!readings) return null
  const [plain, quoted] = readings
  if (plain.authservId !== quoted.authservId || plain.instance !== quoted.instance) return null
  const seen = new Set(quoted.methods.map((method) => JSON.stringify(method)))
  return { ...plain, methods: plain.methods.filter((method) => seen.has(JSON.stringify(method))) }
}

function readTwice<T>(value: string, read: (scan: Scanner) => T | null): [T, T] | null {
  if (value.length > FIELD_CHARS_MAX) return null
  const plain = read(new Scanner(value, false))
  const quoted = value.includes('"') ? read(new Scanner(value, true)) : plain
  return plain === null || quoted === null ? null : [plain, quoted]
}

function readInstance(scan: Scanner): number | null {
  if (scan.word() !== 'i' || !scan.take('=')) return null
  const digits = scan.word()
  const instance = /^[1-9]\d?$/.test(digits) ? Number(digits) : 0
  return instance >= 1 && instance <= ARC_INSTANCE_MAX && scan.take(';') ? instance : null
}

function readResults(scan: Scanner, instance: number | null): AuthenticationResults | null {
  const authservId = scan.value()
  if (!authservId) return null
  // RFC 8601 §2.2: a version may follow the id, and nothing else.
  if (!scan.at(';') && !/^\d+$/.test(scan.word())) return null
  const methods: MethodResult[] = []
  while (scan.skipPast(';') && methods.length < METHODS_MAX) {
    const method = readMethod(scan)
    if (method && !scan.broken) methods.push(method)
  }
  return { instance, authservId, methods }
}

function readMethod(scan: Scanner): MethodResult | null {
  const name = scan.word().toLowerCase()
  if (name === '' || !scan.take('=')) return null
  const result = scan.word().toLowerCase()
  if (result === '') return null
  return { method: name.replace(/\/.*$/, ''), result, properties: readProperties(scan) }
}

function readProperties(scan: Scanner): PropertyValue[] {
  const properties: PropertyValue[] = []
  while (properties.length < PROPERTIES_MAX && !scan.at(';') && !scan.broken) {
    const name = scan.dottedWord().toLowerCase()
    if (name === '' || !scan.take('=')) break
    properties.push({ name, value: scan.value() })
  }
  return properties
}

function readReceivedSpf(scan: Scanner): ReceivedSpf | null {
  const result = scan.word().toLowerCase()
  if (result === '') return null
  const found = new Map<string, string>()
  while (!scan.atEnd()) {
    const name = scan.word().toLowerCase()
    if (name !== '' && scan.take('=')) {
      const value = scan.value()
      if (!scan.broken && !found.has(name)) found.set(name, value)
    }
    if (!scan.skipPast(';')) break
  }
  const value = (name: string) => found.get(name) || null
  return { result, receiver: value('receiver'), clientIp: value('client-ip'), helo: value('helo') }
}

/**
 * A cursor over a structured field (RFC 5322 §3.2): every reading step first passes over white space and comments. Also
 * reads Received (trusted-block.ts).
 */
export class Scanner {
  /** A quoted string or a comment never ended: nothing read at or after that point counts. */
  broken = false
  #at = 0
  readonly #text: string
  readonly #quotesInComments: boolean

  constructor(text: string, quotesInComments: boolean) {
    this.#text = text
    this.#quotesInComments = quotesInComments
  }

  atEnd(): boolean {
    this.#skipBlank()
    return this.#at >= this.#text.length
  }

  at(char: string): boolean {
    this.#skipBlank()
    return this.#at >= this.#text.length || this.#text[this.#at] === char
  }

  take(char: string): boolean {
    this.#skipBlank()
    if (this.#text[this.#at] !== char) return false
    this.#at++
    return true
  }

  /** A run of characters up to white space or one of `;="()`; '' where there is none. */
  word(): string {
    this.#skipBlank()
    const start = this.#at
    while (this.#at < this.#text.length && !WORD_END.test(this.#text[this.#at] as string)) this.#at++
    return this.#text.slice(start, this.#at)
  }

  /** `smtp.mailfrom`, which may have blanks and comments around its dot. */
  dottedWord(): string {
    let word = this.word()
    while (word !== '' && !this.at('=') && (word.endsWith('.') || this.#text[this.#at] === '.')) {
      const next = this.word()
      if (next === '') break
      word += next
    }
    return word
  }

  /** A value: words and quoted strings without a blank between, such as `"a b"@example.org`; unquoted. */
  value(): string {
    this.#skipBlank()
    let value = ''
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at] as string
      if (VALUE_END.test(char)) break
      if (char === '"') value += this.#quoted()
      else {
        value += char
        this.#at++
      }
    }
    return value
  }

  /** Moves past the next `char` that stands outside quotes and comments; false where there is none. */
  skipPast(char: string): boolean {
    while (!this.atEnd()) {
      const next = this.#text[this.#at] as string
      if (next === '"') this.#quoted()
      else this.#at++
      if (next === char) return !this.broken
    }
    return false
  }

  #quoted(): string {
    let text = ''
    for (let at = this.#at + 1; at < this.#text.length; at++) {
      const char = this.#text[at] as string
      if (char === '"') {
        this.#at = at + 1
        return text
      }
      // RFC 5322 §3.2.1: a backslash takes the next character as it is.
      text += char === '\\' ? (this.#text[++at] ?? '') : char
    }
    return this.#break()
  }

  #skipBlank(): void {
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at] as string
      if (char === '(') this.#comment()
      else if (BLANK.test(char)) this.#at++
      else return
    }
  }

  #comment(): void {
    let depth = 0
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at] as string
      if (char === '"' && this.#quotesInComments) {
        this.#quoted()
        continue
      }
      this.#at += char === '\\' ? 2 : 1
      if (char === '(') depth++
      if (char === ')' && --depth === 0) return
    }
    this.#break()
  }

  #break(): string {
    this.broken = true
    this.#at = this.#text.length
    return ''
  }
}
