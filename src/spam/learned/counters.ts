/**
 * Counts in one byte each: exact up to 15, then rougher and rougher, up to hundreds of thousands. What decides are the words
 * seen a few times, and those are exact; of the others, only the proportion matters.
 *
 * From 16 on a count is a mantissa of four bits and an exponent, and grows by one unit of its last place once in as many
 * times. `dice` decides, so that whoever takes an example back rolls the same.
 */
const EXACT_MAX = 15
const LEVEL_MAX = 255

/** The number that a level stands for. */
export function countOf(level: number): number {
  return level <= EXACT_MAX ? level : (16 + (level & 15)) * 2 ** ((level >> 4) - 1)
}

/** The level after one more. `dice` is any number of 32 bits. */
export function raised(level: number, dice: number): number {
  return level < LEVEL_MAX && dice % unitOf(level) === 0 ? level + 1 : level
}

/** The level before the last one: the inverse of `raised`, for the same dice. */
export function lowered(level: number, dice: number): number {
  return level > 0 && dice % unitOf(level - 1) === 0 ? level - 1 : level
}

function unitOf(level: number): number {
  return level <= EXACT_MAX ? 1 : 2 ** ((level >> 4) - 1)
}
