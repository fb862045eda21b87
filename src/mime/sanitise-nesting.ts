/**
 * The elements that are open in the fragment, and the end tags that mail leaves out. A browser would add them itself;
 * they are written so that the fragment is well nested, its depth is bounded, and reading it again finds nothing to add.
 */
import type { AllowedElement } from './sanitise-allowed.ts'

/**
 * Elements open at once. Deeper start tags are left out and their content stays. Replies quoted thirty times over reach
 * some 150; browsers flatten what is deeper than 512, and a thousand nested tables crash a Chromium's renderer.
 */
export const NESTING_MAX = 256

export class Nesting {
  /** What the end tags of all open elements take. */
  endTagsChars = 0
  private readonly open: AllowedElement[] = []
  private readonly openByName = new Map<string, number>()

  get isDeepest(): boolean {
    return this.open.length >= NESTING_MAX
  }

  push(element: AllowedElement): void {
    this.open.push(element)
    this.openByName.set(element.name, (this.openByName.get(element.name) ?? 0) + 1)
    this.endTagsChars += element.endTag.length
  }

  /** The end tags that a start tag implies: of an open paragraph before a block, of a cell before the next cell. */
  endsBefore(element: AllowedElement): string[] {
    const { ends, endsWithin } = element
    if (!ends || !endsWithin || !ends.some((name) => this.openByName.get(name))) return []
    let lowest = -1
    for (let at = this.open.length - 1; at >= 0; at--) {
      const { name } = this.open[at] as AllowedElement
      if (endsWithin.has(name)) break
      if (ends.includes(name)) lowest = at
    }
    return lowest < 0 ? [] : this.popFrom(lowest)
  }

  /** An end tag closes what is open inside its element. One that has no element within the same cell is left out. */
  endsFor(element: AllowedElement): string[] {
    if (!this.openByName.get(element.name)) return []
    for (let at = this.open.length - 1; at >= 0; at--) {
      const candidate = this.open[at] as AllowedElement
      if (candidate === element) return this.popFrom(at)
      if (element.endStopsAt.has(candidate.name)) return []
    }
    return []
  }

  endsOfAll(): string[] {
    return this.popFrom(0)
  }

  private popFrom(lowest: number): string[] {
    return this.open
      .splice(lowest)
      .reverse()
      .map((element) => {
        this.openByName.set(element.name, (this.openByName.get(element.name) ?? 1) - 1)
        this.endTagsChars -= element.endTag.length
        return element.endTag
      })
  }
}
