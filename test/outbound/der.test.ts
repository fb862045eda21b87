/** DER as far as providers' signatures need it. */
import { describe, expect, it } from 'vitest'
import { certificateOf, publicKeyOf, rawSignature } from '../../src/outbound/provider-events/der.ts'

const base64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes))
const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')

describe('DER', () => {
  // Made by openssl: a certificate, and its public key.
  const PEM = `-----BEGIN CERTIFICATE-----
MIIBgTCCASegAwIBAgIUAh8EK+WVzAFepo2pI9rgEGdN0pAwCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLc25zLmV4YW1wbGUwHhcNMjYxMTI1MjIyNjAwWhcNMzYxMTIy
MjIyNjAwWjAWMRQwEgYDVQQDDAtzbnMuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABGkwdnUwPw5scRyF6YQAJTs2vyTvN0VQAGBYIPGSzYQHSWSJF3dR
JesrsQxLZrvrUeulVYeh1PKPVEmgUGcXHQ6jUzBRMB0GA1UdDgQWBBRkXlJ6XToI
Gj9geHwe0GtY0VaGZDAfBgNVHSMEGDAWgBRkXlJ6XToIGj9geHwe0GtY0VaGZDAP
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQCBY8iLr/05PagVT/S+
n+2cwjwdTf8UzEI+NNoe3w7cagIgXV45y5DgvKFjg8amSDhC+Ff+M1iYQ8Pt/7TO
jtxaZps=
-----END CERTIFICATE-----`
  const KEY =
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaTB2dTA/DmxxHIXphAAlOza/JO83RVAAYFgg8ZLNhAdJZIkXd1El6yuxDEtmu+tR66VVh6HU8o9USaBQZxcdDg=='

  it('of a certificate gives its public key, and nothing of what is cut or altered makes it throw', () => {
    const certificate = certificateOf(PEM) as Uint8Array
    expect(base64(publicKeyOf(certificate) as Uint8Array)).toBe(KEY)
    for (let n = 0; n < certificate.length; n++) {
      publicKeyOf(certificate.subarray(0, n))
      publicKeyOf(certificate.with(n, 0xff))
    }
    expect(publicKeyOf(new Uint8Array())).toBe(null)
    expect(certificateOf('-----BEGIN CERTIFICATE-----')).toBe(null)
  })

  it.each([
    ['30060201010201 02', `${'00'.repeat(31)}01${'00'.repeat(31)}02`],
    ['3006020101020102 00', null],
    ['300702 0200ff 020102', `${'00'.repeat(31)}ff${'00'.repeat(31)}02`],
    ['3005020002 0101', null],
    [`3026 0221 01${'00'.repeat(32)} 020101`, null],
    ['', null],
  ])('of a signature %s', (text, want) => {
    const der = Uint8Array.from(text.replaceAll(' ', '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
    const raw = rawSignature(der, 32)
    expect(raw && hex(raw)).toBe(want)
  })
})
