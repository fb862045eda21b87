/**
 * SPF (RFC 7208): whether a domain says that mail in its name may come from this client. The client's address must be known
 * from somebody trustworthy; nothing in a message is.
 *
 * Invariants: never throws for content. At most LOOKUPS_MAX terms that ask DNS are evaluated, whatever records say, and each
 * asks for a bounded number of names. Where DNS cannot be asked the result is 'unknown', as all else that nobody looked at.
 */
import { foldDomain } from '../mime/fold-address.ts'
import { formatIp, type IpAddress, networkOf, parseIp } from './ip.ts'
import type { DnsType, Resolve } from './resolve.ts'
import { dotted, expandMacros, type MacroValues } from './spf-macro.ts'
import { isSpfRecord, type Mechanism, parseSpfRecord, type Qualifier } from './spf-record.ts'
import type { SpfVerdict } from './verdict.ts'

/** RFC 7208 §4.6.4: terms that ask DNS, in all records together. */
const LOOKUPS_MAX = 10
/** The same place: of these, such as found nothing. */
const VOID_LOOKUPS_MAX = 2
/** The same place: mail exchangers of one mx, and names of one ptr. */
const HOSTS_MAX = 10

export type SpfQuestion = {
  ip: IpAddress
  /** MAIL FROM, '' for the null sender. */
  envelopeFrom: string
  /** What the client called itself. */
  helo: string | null
}

type SpfResult = Qualifier | 'none' | 'permerror' | 'unknown'

export async function checkSpf(question: SpfQuestion, resolve: Resolve): Promise<SpfVerdict> {
  const identity = identityOf(question)
  if (!identity) return { result: 'none', domain: null, by: 'postern', reason: 'no domain to ask' }
  const { domain } = identity
  const result = await settle(new Check(question, identity, resolve).host(domain))
  const reason = result.reason ?? null
  return { result: result.result, domain, by: result.result === 'unknown' ? null : 'postern', reason }
}

/** Ends an evaluation early: what it found so far does not count. */
class Halt {
  readonly result: 'permerror' | 'unknown'
  readonly reason: string

  constructor(result: 'permerror' | 'unknown', reason: string) {
    this.result = result
    this.reason = reason
  }
}

async function settle(work: Promise<SpfResult>): Promise<{ result: SpfResult; reason?: string }> {
  try {
    return { result: await work }
  } catch (error) {
    if (error instanceof Halt) return error
    throw error
  }
}

type Identity = { localPart: string; domain: string }

/** RFC 7208 §2.4: a null sender is asked about as postmaster of its HELO name. */
function identityOf({ envelopeFrom, helo }: SpfQuestion): Identity | null {
  const at = envelopeFrom.lastIndexOf('@')
  const domain = foldDomain(envelopeFrom === '' ? (helo ?? '') : envelopeFrom.slice(at + 1))
  if (!domain?.includes('.')) return null
  return { localPart: at > 0 ? envelopeFrom.slice(0, at) : 'postmaster', domain }
}

class Check {
  readonly #ip: IpAddress
  readonly #values: Omit<MacroValues, 'domain' | 'clientName'>
  readonly #resolve: Resolve
  #lookups = 0
  #voids = 0
  #clientNames: Promise<string[]> | null = null

  constructor({ ip, helo }: SpfQuestion, { localPart, domain }: Identity, resolve: Resolve) {
    this.#ip = ip
    this.#resolve = resolve
    this.#values = { ip, sender: `${localPart}@${domain}`, localPart, senderDomain: domain, helo: helo ?? 'unknown' }
  }

  /** check_host() of RFC 7208 §4. */
  async host(domain: string): Promise<SpfResult> {
    const records = (await this.#ask(domain, 'TXT')).filter(isSpfRecord)
    const [text, second] = records
    if (text === undefined) return 'none'
    const record = second === undefined ? parseSpfRecord(text) : null
    if (!record) throw new Halt('permerror', second === undefined ? 'record malformed' : 'several records')
    for (const mechanism of record.mechanisms) {
      if (await this.#matches(mechanism, domain)) return mechanism.qualifier
    }
    if (record.redirect === null || record.mechanisms.some(({ kind }) => kind === 'all')) return 'neutral'
    this.#countLookup()
    const result = await this.host(await this.#expand(record.redirect, domain))
    if (result === 'none') throw new Halt('permerror', 'redirect leads nowhere')
    return result
  }

  async #matches(mechanism: Mechanism, domain: string): Promise<boolean> {
    switch (mechanism.kind) {
      case 'all':
        return true
      case 'ip':
        return isWithin(this.#ip, mechanism.network, mechanism.prefix)
      default:
        this.#countLookup()
    }
    const name = mechanism.target === null ? domain : await this.#expand(mechanism.target, domain)
    switch (mechanism.kind) {
      case 'include':
        return await this.#includes(name)
      case 'exists':
        return this.#noteVoid(await this.#ask(name, 'A')).length > 0
      case 'a':
        return this.#holds(mechanism, this.#noteVoid(await this.#addresses(name)))
      case 'mx':
        return await this.#exchangersHold(mechanism, name)
      case 'ptr':
        return (await this.#namesOfClient()).some((one) => one === name || one.endsWith(`.${name}`))
    }
  }

  async #includes(name: string): Promise<boolean> {
    const result = await this.host(name)
    // RFC 7208 §5.2: an include of a domain without a record is a mistake, not a miss.
    if (result === 'none') throw new Halt('permerror', 'include leads nowhere')
    return result === 'pass'
  }

  async #exchangersHold(mechanism: Hosts, name: string): Promise<boolean> {
    const hosts = this.#noteVoid(await this.#ask(name, 'MX')).map((record) => record.replace(/^\d+ /, ''))
    if (hosts.length > HOSTS_MAX) throw new Halt('permerror', 'too many mail exchangers')
    for (const host of hosts) {
      if (this.#holds(mechanism, await this.#addresses(host))) return true
    }
    return false
  }

  #holds({ prefix4, prefix6 }: Hosts, addresses: string[]): boolean {
    const prefix = this.#ip.version === 4 ? prefix4 : prefix6
    return addresses.some((text) => {
      const address = parseIp(text)
      return address !== null && isWithin(this.#ip, address, prefix)
    })
  }

  #addresses(name: string): Promise<string[]> {
    return this.#ask(name, this.#ip.version === 4 ? 'A' : 'AAAA')
  }

  /** RFC 7208 §5.5: the client's names that lead back to it. What cannot be asked is left out. */
  #namesOfClient(): Promise<string[]> {
    this.#clientNames ??= this.#findNamesOfClient()
    return this.#clientNames
  }

  async #findNamesOfClient(): Promise<string[]> {
    const zone = this.#ip.version === 4 ? 'in-addr.arpa' : 'ip6.arpa'
    const answer = await this.#resolve(`${dotted(this.#ip).split('.').reverse().join('.')}.${zone}`, 'PTR')
    const names = answer.kind === 'found' ? answer.records.slice(0, HOSTS_MAX) : []
    const own = formatIp(this.#ip)
    const valid: string[] = []
    for (const name of names) {
      const addresses = await this.#resolve(name, this.#ip.version === 4 ? 'A' : 'AAAA')
      const isOwn = (text: string) => {
        const address = parseIp(text)
        return address !== null && formatIp(address) === own
      }
      if (addresses.kind === 'found' && addresses.records.some(isOwn)) valid.push(name.toLowerCase())
    }
    return valid
  }

  async #expand(target: string, domain: string): Promise<string> {
    const clientName = async () => {
      this.#countLookup()
      const names = await this.#namesOfClient()
      // RFC 7208 §7.3: the domain itself, then one below it, then any.
      return (
        names.find((name) => name === domain) ??
        names.find((name) => name.endsWith(`.${domain}`)) ??
        names[0] ??
        'unknown'
      )
    }
    const name = await expandMacros(target, { ...this.#values, domain, clientName })
    return name.replace(/\.$/, '').toLowerCase()
  }

  async #ask(name: string, type: DnsType): Promise<string[]> {
    const answer = await this.#resolve(name, type)
    if (answer.kind === 'unknown') throw new Halt('unknown', 'DNS could not be asked')
    return answer.kind === 'found' ? answer.records : []
  }

  #countLookup(): void {
    if (++this.#lookups > LOOKUPS_MAX) throw new Halt('permerror', 'too many DNS lookups')
  }

  #noteVoid(records: string[]): string[] {
    if (records.length === 0 && ++this.#voids > VOID_LOOKUPS_MAX) throw new Halt('permerror', 'too many void lookups')
    return records
  }
}

type Hosts = { prefix4: number; prefix6: number }

function isWithin(ip: IpAddress, network: IpAddress, prefix: number): boolean {
  if (ip.version !== network.version) return false
  return formatIp(networkOf(ip, prefix)) === formatIp(networkOf(network, prefix))
}
