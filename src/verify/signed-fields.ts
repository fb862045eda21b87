/**
 * The header fields that a signature is over, in the form that is hashed (RFC 6376 §3.7, §5.4.2).
 *
 * Each name in h= takes the lowest field of that name that no earlier one took; where none is left it stands for nothing.
 * A name that stands once more than the field does thus signs that no other may be added above.
 */

import { latin1, latin1Bytes } from '../mime/latin1.ts'
import type { HeaderField } from '../mime/message.ts'
import { type Canonicalization, canonicalField } from './canonical.ts'
import { trimFws } from './tags.ts'

/** The header of a message, as signatures need it. */
export type SignedHeader = { bytes: Uint8Array; byName: ReadonlyMap<string, readonly HeaderField[]> }

export function signedHeaderOf(bytes: Uint8Array, fields: readonly HeaderField[]): SignedHeader {
  const byName = new Map<string, HeaderField[]>()
  for (const field of fields) {
    const list = byName.get(field.key)
    if (list) list.push(field)
    else byName.set(field.key, [field])
  }
  return { bytes, byName }
}

/** What a message signature in `own` signs: the fields it names, then itself without its value and its line end. */
export function signedData(
  { bytes, byName }: SignedHeader,
  own: HeaderField,
  names: readonly string[],
  form: Canonicalization,
): Uint8Array<ArrayBuffer> {
  const taken = new Map<string, number>()
  let data = ''
  for (const name of names) {
    const list = byName.get(name) ?? []
    let at = taken.get(name) ?? list.length
    // RFC 6376 §3.5: the signature itself is no field that it signs, whatever h= says.
    do at--
    while (list[at] === own)
    taken.set(name, Math.max(at, 0))
    const field = list[at]
    if (field) data += canonicalField(textOf(bytes, field), form)
  }
  return latin1Bytes(
    data + withoutLineEnd(canonicalField(withoutSignature(textOf(bytes, own)), form)),
  ) as Uint8Array<ArrayBuffer>
}

/** What an ARC seal signs: whole sets in order, the last of them ending with the seal itself (RFC 8617 §5.1.1). */
export function sealedData(
  bytes: Uint8Array,
  fields: readonly HeaderField[],
  own: HeaderField,
): Uint8Array<ArrayBuffer> {
  const before = fields.map((field) => canonicalField(textOf(bytes, field), 'relaxed')).join('')
  const seal = withoutLineEnd(canonicalField(withoutSignature(textOf(bytes, own)), 'relaxed'))
  return latin1Bytes(before + seal) as Uint8Array<ArrayBuffer>
}

function textOf(bytes: Uint8Array, field: HeaderField): string {
  return latin1(bytes, field.start, field.end)
}

function withoutLineEnd(text: string): string {
  return text.slice(0, -2)
}

/** The field with the value of its b= tag taken out, and the white space around it (RFC 6376 §3.5). */
function withoutSignature(field: string): string {
  const colon = field.indexOf(':') + 1
  const value = field.slice(colon).replace(/\r?\n$/, '')
  const specs = value.split(';').map((spec) => {
    const equals = spec.indexOf('=')
    return equals >= 0 && trimFws(spec.slice(0, equals)) === 'b' ? spec.slice(0, equals + 1) : spec
  })
  return `${field.slice(0, colon)}${specs.join(';')}\r\n`
}
