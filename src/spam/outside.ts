/**
 * What others say of a message: DNS blocklists of its client and of the domains that it links to, and a classifier.
 * Asked by opinions/; only types, so that scoring stays a function of what it is handed.
 */

/** A DNS blocklist lists the client or a domain of the message. */
export type Listing = {
  /** The list's name, fit to be shown: without the operator's key. */
  zone: string
  kind: 'ip' | 'domain'
  /** What is listed, as it is usually written. */
  value: string
  /** The list's answer: an address of 127.0.0.0/8 that says why (RFC 5782 §2.1). */
  code: string
  /** 2 for a list that the operator trusts as much as two others. */
  weight: 1 | 2
}

export type ClassifierOpinion = {
  /** How sure the model is that the message is unwanted, from 0 to 1. */
  spam: number
  model: string
}

export type OutsideOpinions = {
  listings: readonly Listing[]
  /** Null where no classifier is bound, or it gave no answer in time. */
  classifier: ClassifierOpinion | null
}
