/**
 * The pictures that a message's HTML takes from the message itself, by `cid:` and their Content-ID (RFC 2392 §2).
 *
 * Only raster formats, and only in the `src` of an image: the sanitiser asks for no others. Addresses are sealed one by one
 * and the sanitiser does not wait, so they are made before it runs, for those that it may ask for.
 */
import type { Attachment } from '../../mime/message.ts'
import { type SanitisedHtml, sanitiseHtml } from '../../mime/sanitise.ts'
import { isInlineImage } from './download.ts'

/** A newsletter has some thirty. Each costs a seal, whether the HTML shows it or not. */
export const INLINE_IMAGES_MAX = 100

/** By the ids that a `cid:` may name them by. */
export type InlineImages = ReadonlyMap<string, Attachment>

/** Of two with one Content-ID the first counts, as everywhere. */
export function findInlineImages(attachments: readonly Attachment[]): InlineImages {
  const named = attachments.filter(({ contentId, contentType }) => contentId !== null && isInlineImage(contentType))
  const images = new Map<string, Attachment>()
  for (const image of named.slice(0, INLINE_IMAGES_MAX))
    for (const key of keysOf(image.contentId ?? '')) if (!images.has(key)) images.set(key, image)
  return images
}

export type Illustrated = SanitisedHtml & {
  /** The attachments that the HTML shows, by their `part`. */
  shown: ReadonlySet<string>
}

/** `urls` has the address of each image's part; without one it is left out, as one that the message does not have. */
export function sanitiseIllustrated(
  html: string,
  remote: 'block' | 'allow',
  images: InlineImages,
  urls: ReadonlyMap<string, string>,
): Illustrated {
  const shown = new Set<string>()
  const cid = (contentId: string) => {
    const image = images.get(keyOf(contentId))
    if (!image) return null
    shown.add(image.part)
    return urls.get(image.part) ?? null
  }
  return { ...sanitiseHtml(html, { remote, cid }), shown }
}

/** As it stands, and as a `cid:` that was percent-decoded spells it: not every mailer encodes what it should. */
function keysOf(contentId: string): string[] {
  const key = keyOf(contentId)
  try {
    return [key, keyOf(decodeURIComponent(contentId))]
  } catch {
    return [key]
  }
}

// Mailers write brackets into the address, and change the case between the two places.
function keyOf(contentId: string): string {
  return contentId
    .replace(/[\0-\x20]+/g, '')
    .replace(/^<|>$/g, '')
    .toLowerCase()
}
