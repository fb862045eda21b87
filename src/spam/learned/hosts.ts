/** The hosts that a message links to, as they are written: what learning reads of its links. */
import type { ParsedMessage } from '../../mime/message.ts'

const HOSTS_MAX = 25
/** Characters of each body that are searched: links of a long mail repeat. */
const SEARCHED_CHARS_MAX = 100_000
const HOST = /\bhttps?:\/\/([^\s/?#"'<>\\)]{1,120})/gi

/** What was found once: both models and the shipped one ask for it. A message is never changed. */
const found = new WeakMap<ParsedMessage, string[]>()

/** In lower case, in order, each once. */
export function linkHosts(message: ParsedMessage): string[] {
  const known = found.get(message)
  if (known) return known
  const hosts = findHosts(message)
  found.set(message, hosts)
  return hosts
}

function findHosts({ html, text }: ParsedMessage): string[] {
  const hosts = new Set<string>()
  for (const body of [html ?? '', text]) {
    for (const [, host] of body.slice(0, SEARCHED_CHARS_MAX).matchAll(HOST)) {
      hosts.add((host as string).toLowerCase())
      if (hosts.size >= HOSTS_MAX) return [...hosts]
    }
  }
  return [...hosts]
}
