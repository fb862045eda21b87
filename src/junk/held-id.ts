/** How held mail is named to people: the digest prints the very id that the API takes (servers/http/ids.ts writes all others). */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz'

export function formatHeldId(id: number): string {
  return `qua_${id.toString(32).replace(/./g, (digit) => DIGITS[Number.parseInt(digit, 32)] ?? '')}`
}
