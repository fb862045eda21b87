/**
 * One message's share of DNS: so many queries, in so much time, each name asked for once. What goes beyond is 'unknown', so
 * that a sender's records or slow name servers cost him his verdict, and never delay the mail.
 */
import type { DnsAnswer, Resolve } from './resolve.ts'

export type BoundedResolve = {
  resolve: Resolve
  /** Lets go of the clock. What is asked from then on is unknown. */
  close(): void
}

const UNKNOWN: DnsAnswer = { kind: 'unknown' }

export function boundedResolve(resolve: Resolve, queriesMax: number, timeMsMax: number): BoundedResolve {
  const answers = new Map<string, Promise<DnsAnswer>>()
  let end: (answer: DnsAnswer) => void = () => {}
  const over = new Promise<DnsAnswer>((done) => {
    end = done
  })
  let timer: ReturnType<typeof setTimeout> | undefined
  return {
    resolve: (name, type) => {
      const question = `${type} ${name.toLowerCase()}`
      const known = answers.get(question)
      if (known) return known
      if (answers.size >= queriesMax) return Promise.resolve(UNKNOWN)
      timer ??= setTimeout(end, timeMsMax, UNKNOWN)
      const answer = Promise.race([over, resolve(name, type)])
      answers.set(question, answer)
      return answer
    },
    close: () => {
      clearTimeout(timer)
      end(UNKNOWN)
    },
  }
}
