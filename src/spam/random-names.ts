/**
 * Whether a name looks as if a machine drew it: letters and digits in turn, or consonants that nobody can say. Names that
 * languages make are spared: what is one sound is counted as one letter.
 */

const CHARS_MIN = 8
/** Changes between letters and digits: 'q1w2e3' has five, 'route66' one, 'web2print4u' four. */
const TURNS_MIN = 5
const TURNS_SHARE_MIN = 0.4
const CONSONANTS_MIN = 6
const NAME_CHARS_MAX = 64

const ONE_SOUND = /sch|tsch|ch|th|sh|ph|gh|ck|ng|st|tr|nd|rt|sz|cz|rz|dz|tt|ll|ss|nn|mm|rr|pp|ff|lt|nt|ns|rs|ls|ks|ts/g

export function isRandom(name: string): boolean {
  if (name.length < CHARS_MIN || name.length > NAME_CHARS_MAX) return false
  const turns = name.match(/[a-z](?=\d)|\d(?=[a-z])/gi)?.length ?? 0
  if (turns >= TURNS_MIN || (turns === TURNS_MIN - 1 && turns / name.length >= TURNS_SHARE_MIN)) return true
  return longestConsonants(name) >= CONSONANTS_MIN
}

function longestConsonants(name: string): number {
  const runs =
    name
      .toLowerCase()
      .replace(ONE_SOUND, 'c')
      .match(/[bcdfghjklmnpqrstvwxz]+/g) ?? []
  return Math.max(0, ...runs.map((run) => run.length))
}
