/** What a reader of one message gets to look at: its HTML made safe, with its own pictures, and links to its attachments. */
import type { Deps } from '../../deps.ts'
import { standsInJunk } from '../../mailbox/mailboxes.ts'
import type { MessageDetail } from '../../mailbox/view.ts'
import type { SanitisedHtml } from '../../mime/sanitise.ts'
import { findInlineImages, type InlineImages, sanitiseIllustrated } from './inline-images.ts'
import { type Minter, openMinter } from './links.ts'

export type Asked = {
  accountId: number
  /** Of this server, as the request called it: links begin with it. */
  origin: string
  /** Whether the HTML is asked for. */
  html: boolean
  remote: 'block' | 'allow'
  /** Whether there are links although the message stands in Junk. */
  allowSpam: boolean
}

export type Shown = {
  /** Null where there is none or none was asked for. */
  html: SanitisedHtml | null
  links: AttachmentLinks
}

/** By the attachments' `part`. */
export type AttachmentLinks = {
  urls: ReadonlyMap<string, string>
  /** Epoch seconds; null without links. */
  expiresAt: number | null
  /** Those that the HTML shows, whether or not it was asked for. */
  inline: ReadonlySet<string>
}

/** `html` is the message's own. It is read where it is asked for, and where it may tell which attachments it shows. */
export async function showMessage(
  deps: Deps,
  detail: MessageDetail,
  html: string | null,
  asked: Asked,
): Promise<Shown> {
  const minter = await minterFor(deps, detail, asked)
  const images: InlineImages = html === null ? new Map() : findInlineImages(detail.attachments)
  const illustrated =
    html !== null && (asked.html || images.size > 0)
      ? sanitiseIllustrated(html, asked.remote, images, await imageUrls(minter, images, asked))
      : null
  return {
    html: asked.html ? illustrated : null,
    links: {
      urls: await mintAll(
        minter,
        detail.attachments.map(({ part }) => part),
        'attachment',
      ),
      expiresAt: minter?.expiresAt ?? null,
      inline: illustrated?.shown ?? new Set(),
    },
  }
}

async function minterFor(deps: Deps, detail: MessageDetail, asked: Asked): Promise<Minter | null> {
  const { accountId, origin, allowSpam } = asked
  if (detail.attachments.length === 0) return null
  if (!allowSpam && (await standsInJunk(deps, accountId, detail))) return null
  return openMinter(deps, origin, { accountId, messageId: detail.id, allowSpam })
}

function imageUrls(minter: Minter | null, images: InlineImages, asked: Asked): Promise<ReadonlyMap<string, string>> {
  const parts = asked.html ? new Set([...images.values()].map(({ part }) => part)) : []
  return mintAll(minter, [...parts], 'inline')
}

async function mintAll(
  minter: Minter | null,
  parts: string[],
  disposition: 'attachment' | 'inline',
): Promise<ReadonlyMap<string, string>> {
  if (!minter) return new Map()
  return new Map(
    await Promise.all(parts.map(async (part) => [part, await minter.mint(part, disposition)] as [string, string])),
  )
}
