/** Parameters of Content-Type and Content-Disposition: short ASCII in quotes, anything else by RFC 2231 in sections. */

/** A section with its name stays within a line of 76 characters. */
const SECTION_CHARS_MAX = 50
const TOKEN_BYTE = /^[A-Za-z0-9.\-_]$/

/** '; name=value', each section in a line of its own. The value holds no control characters. */
export function param(name: string, value: string): string {
  if (/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/.test(value) && value.length <= SECTION_CHARS_MAX && !value.includes('=?'))
    return `;\r\n ${name}="${value}"`
  const sections = sectionsOf(value)
  return sections
    .map((section, n) => `;\r\n ${name}*${sections.length > 1 ? `${n}*` : ''}=${n === 0 ? "utf-8''" : ''}${section}`)
    .join('')
}

function sectionsOf(value: string): string[] {
  const sections: string[] = []
  let section = ''
  for (const character of value) {
    const escaped = TOKEN_BYTE.test(character) ? character : percentEncoded(character)
    if (section.length + escaped.length > SECTION_CHARS_MAX) {
      sections.push(section)
      section = ''
    }
    section += escaped
  }
  return [...sections, section]
}

function percentEncoded(character: string): string {
  const bytes = Array.from(new TextEncoder().encode(character))
  return bytes.map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
}
