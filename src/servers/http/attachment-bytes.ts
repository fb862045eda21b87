/** Serving one attachment, decoded: the same to a key and to a link. Streamed from R2 by range, under download.ts's headers. */
import type { HonoRequest } from 'hono'
import { base32, hashToken } from '../../access/secrets.ts'
import type { Deps } from '../../deps.ts'
import { type AttachmentPart, readAttachment, readAttachmentRange } from '../../mailbox/read.ts'
import type { MessageDetail } from '../../mailbox/view.ts'
import { contentDisposition, type Disposition, isInlineImage, SANDBOX, safeFilename, servedType } from './download.ts'
import { serveFixedBytes } from './fixed-bytes.ts'

/** 16 bytes of a digest: no two attachments of a server share them. */
const ETAG_BYTES = 16
/** An embedded message mostly has no name; with this end its reader's own program opens it. */
const EMBEDDED = /^message\/(?:rfc822|global)$/

/** Bytes of a media type, as OpenAPI 3.1 says them. */
export function bytesOf(mediaType: string, contentMediaType = mediaType) {
  return { [mediaType]: { schema: { type: 'string' as const, contentMediaType } } }
}

/** Answers GET and HEAD. 'inline' is kept only for what may be shown so. */
export async function serveAttachment(
  request: HonoRequest,
  deps: Deps,
  detail: MessageDetail,
  source: AttachmentPart,
  disposition: Disposition = 'attachment',
): Promise<Response> {
  const ownHeaders = attachmentHeaders(source, disposition)
  if (source.fixedSize === null)
    return new Response(request.method === 'HEAD' ? null : await readAttachment(deps, detail, source), {
      headers: ownHeaders,
    })
  return serveFixedBytes(request, {
    etag: await etagOf(detail, source),
    size: source.fixedSize,
    headers: ownHeaders,
    read: (start, end) => readAttachmentRange(deps, detail, source, start, end),
  })
}

export function downloadHeaders(contentType: string, filename: string, disposition: Disposition = 'attachment') {
  return {
    'content-type': contentType,
    'content-disposition': contentDisposition(disposition, filename),
    'content-security-policy': SANDBOX,
  }
}

function attachmentHeaders({ attachment }: AttachmentPart, asked: Disposition): Record<string, string> {
  const { part, contentType, charset, filename } = attachment
  const name = safeFilename(filename) ?? `attachment-${part}${EMBEDDED.test(contentType) ? '.eml' : ''}`
  const disposition = isInlineImage(contentType) ? asked : 'attachment'
  return downloadHeaders(servedType(contentType, charset), name, disposition)
}

// The key of the raw object holds a random token: the tag tells whoever holds a link nothing of the message's id, and stays
// the same in the link after it, so that a download can go on.
async function etagOf({ rawKey }: MessageDetail, { attachment }: AttachmentPart): Promise<string> {
  return `"${base32((await hashToken(`${rawKey}/${attachment.part}`)).subarray(0, ETAG_BYTES))}"`
}
