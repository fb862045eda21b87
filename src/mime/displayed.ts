/**
 * Which parts are the message's text, which its HTML, and which are attachments: the algorithm of RFC 8621 §4.1.4,
 * so that every server shows the same. A named text part that is not the first is an attachment; an embedded message
 * is one too, and nothing of it counts as what the outer message says.
 */
import type { Part } from './message.ts'

/** Text parts that are read of one message: each may cost a range read. A digest of text parts has some dozens. */
export const DISPLAYED_PARTS_MAX = 64

export type Displayed = { text: Part[]; html: Part[] }

export function displayedParts(root: Part): Displayed {
  const lists: Displayed = { text: [], html: [] }
  collect([root], null, { text: true, html: true }, false, lists)
  return { text: lists.text.slice(0, DISPLAYED_PARTS_MAX), html: lists.html.slice(0, DISPLAYED_PARTS_MAX) }
}

/** Every leaf that is not displayed, in order. */
export function attachmentParts(root: Part, displayed: Displayed): Part[] {
  const shown = new Set([...displayed.text, ...displayed.html])
  const leaves = (part: Part): Part[] => (part.type === 'multipart' ? part.parts.flatMap(leaves) : [part])
  return leaves(root).filter((part) => !shown.has(part))
}

/** Which of the two bodies the parts of a branch still belong to. */
type Branch = { text: boolean; html: boolean }

function collect(parts: Part[], parent: Part | null, branch: Branch, inAlternative: boolean, lists: Displayed): void {
  const within = parent?.subtype ?? 'mixed'
  const first = firstPart(parts, parent)
  const before = { text: lists.text.length, html: lists.html.length }
  for (const part of parts) {
    if (part.type === 'multipart') {
      const nested = inAlternative || part.subtype === 'alternative'
      collect(part.parts, part, { ...branch }, nested, lists)
    } else if (isDisplayed(part, part === first, within)) place(part, within, branch, inAlternative, lists)
  }
  if (within === 'alternative' && branch.text && branch.html) fillMissing(before, lists)
}

/** The part that a multipart/related is about stands first, unless `start` names it (RFC 2387 §3.2). */
function firstPart(parts: Part[], parent: Part | null): Part | undefined {
  const start = parent?.subtype === 'related' && parent.params.start?.replace(/^<|>$/g, '')
  return (start && parts.find((part) => part.contentId === start)) || parts[0]
}

function isDisplayed(part: Part, isFirst: boolean, within: string): boolean {
  if (part.disposition === 'attachment' || part.type !== 'text') return false
  if (part.subtype !== 'plain' && part.subtype !== 'html') return false
  return isFirst || (within !== 'related' && part.filename === null)
}

function place(part: Part, within: string, branch: Branch, inAlternative: boolean, lists: Displayed): void {
  if (within === 'alternative') {
    lists[part.subtype === 'html' ? 'html' : 'text'].push(part)
    return
  }
  // Inside one branch of an alternative, its first text decides which body the branch is.
  if (inAlternative && part.subtype === 'plain') branch.html = false
  if (inAlternative && part.subtype === 'html') branch.text = false
  if (branch.text) lists.text.push(part)
  if (branch.html) lists.html.push(part)
}

/** An alternative that offers only one of the two forms stands in for the other. */
function fillMissing(before: { text: number; html: number }, lists: Displayed): void {
  const text = lists.text.slice(before.text)
  const html = lists.html.slice(before.html)
  if (text.length === 0) lists.text.push(...html)
  if (html.length === 0) lists.html.push(...text)
}
