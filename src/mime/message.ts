/**
 * What parsing a message yields: the shapes that every room reads and none of them fills but mime/.
 *
 * Everything here came from a stranger. A value is never trusted because it parsed; what was odd about it stands in
 * `defects`, and the spam score reads them.
 */

/** A mailbox of RFC 5322 §3.4. `address` is as written (not folded) and '' where none could be read. */
export type Address = { name: string; address: string }

/** One header field. Offsets are bytes from the start of the block's buffer. */
export type HeaderField = {
  /** The name as written, without the colon or white space before it. */
  name: string
  /** The name in lower case. */
  key: string
  /** Offset of the name's first byte. */
  start: number
  /** Offset after the field's last line end. */
  end: number
  /** The unfolded value, one character a byte (ISO 8859-1), so that nothing is lost before a charset is chosen. */
  raw: string
}

/** A part of the MIME tree with what IMAP BODYSTRUCTURE (RFC 9051 §7.5.2) and range reads need. */
export type Part = {
  /**
   * The IMAP section number: '1', '2.1', '2.1.3'; the root is ''. A message that is not multipart is read as section '1'.
   * An embedded message that is a multipart has no number of its own: it is '<container>.TEXT', its children
   * '<container>.1' and so on.
   */
  path: string
  /** In lower case: 'text', 'multipart', 'message', ... */
  type: string
  subtype: string
  /** Content-Type parameters, names in lower case, RFC 2231 and RFC 2047 decoded. */
  params: Record<string, string>
  /** In lower case; null where there is no Content-Disposition. */
  disposition: string | null
  dispositionParams: Record<string, string>
  /** From Content-Disposition's filename, else Content-Type's name; decoded, never empty, else null. */
  filename: string | null
  /** Without angle brackets. */
  contentId: string | null
  description: string | null
  language: string | null
  location: string | null
  /** The transfer encoding in lower case; '7bit' where none is named. */
  encoding: string
  /** Offset of the part's header block; its end is `bodyStart`. */
  headerStart: number
  bodyStart: number
  /** Offset after the last byte of the body (the line end before a boundary belongs to the boundary). */
  bodyEnd: number
  /** Lines in the body, as IMAP counts them: line ends, plus one for an unended last line. */
  lines: number
  /**
   * Children of a multipart, never none; for message/rfc822 one, the embedded message's root, or none where it is
   * opaque (encoded, empty, nested too deep). IMAP must then describe it without an envelope, as another type.
   */
  parts: Part[]
}

/** What IMAP ENVELOPE (RFC 9051 §7.5.2) needs, decoded to Unicode. */
export type Envelope = {
  date: string | null
  subject: string | null
  from: Address[]
  sender: Address[]
  replyTo: Address[]
  to: Address[]
  cc: Address[]
  bcc: Address[]
  inReplyTo: string | null
  messageId: string | null
}

/** A leaf that a person would call an attachment: not the displayed text or HTML. */
export type Attachment = {
  /** The part's `path`, or '1' where the whole message is one attachment. */
  part: string
  filename: string | null
  /** 'type/subtype' */
  contentType: string
  /** What the Content-Type of a text part names, in lower case: a token, and believed by nobody here. */
  charset: string | null
  disposition: string | null
  contentId: string | null
  /** Bytes as they stand in the message, still encoded. */
  encodedSize: number
  /** Bytes after decoding: exact for well-formed base64, otherwise the encoded size. */
  size: number
}

/** Everything odd that parsing met. The set is closed; spam/ gives points for some of them. */
export type Defect =
  | 'header-malformed' // a line in the header block that is no field
  | 'header-duplicate' // a field that may stand once stands twice (RFC 5322 §3.6)
  | 'header-8bit' // raw bytes over 127 in a header
  | 'header-nul'
  | 'header-too-long' // the block is over its limit; the rest was left unread
  | 'header-no-end' // no empty line ends the block
  | 'address-malformed'
  | 'from-missing'
  | 'from-multiple' // several From fields, or several addresses in one
  | 'date-missing'
  | 'date-malformed'
  | 'message-id-missing'
  | 'message-id-malformed'
  | 'content-type-malformed'
  | 'encoding-unknown'
  | 'encoding-malformed' // base64 or quoted-printable that is not
  | 'charset-unknown'
  | 'charset-malformed' // bytes that the named charset does not have
  | '8bit-in-7bit' // bytes over 127 in a part that says 7bit
  | 'boundary-missing' // a multipart names none
  | 'boundary-unclosed' // the closing boundary never came
  | 'multipart-empty'
  | 'too-deep' // deeper nesting than is read
  | 'too-many-parts'
  | 'bare-cr'
  | 'bare-lf'
  | 'line-too-long' // over 998 bytes (RFC 5322 §2.1.1)
  | 'parse-failed' // the body could not be read; the headers were

/** A parsed message. Never throws its way out: what could not be read is empty and named in `defects`. */
export type ParsedMessage = {
  /** Header fields of the message itself, in order, trace fields included. */
  fields: HeaderField[]
  envelope: Envelope
  /** The Date field in epoch milliseconds, null where absent or unreadable. */
  dateMs: number | null
  /** Message-IDs without angle brackets, in order of first appearance, no duplicates. */
  inReplyTo: string[]
  references: string[]
  /** The List-Id's identifier (RFC 2919), in lower case. */
  listId: string | null
  structure: Part
  attachments: Attachment[]
  /** The displayed plain text; made from the HTML where there is no text part. */
  text: string
  /** Whether `text` came from a text part, at least in part. */
  textIsOriginal: boolean
  html: string | null
  defects: Defect[]
}
