/**
 * The verdict of local mail: an account of this server sent it over an authenticated way, and outbound/submit.ts, the one
 * door, has checked that From is an address of the account. Nothing in the message is asked.
 */
import { UNKNOWN_VERDICT } from './trusted-block.ts'
import type { SenderVerdict } from './verdict.ts'

/** `fromDomain` is that of the one From address, folded. */
export function localVerdict(fromDomain: string | null): SenderVerdict {
  return {
    ...UNKNOWN_VERDICT,
    source: 'local',
    dmarc: {
      result: fromDomain === null ? 'unknown' : 'pass',
      domain: fromDomain,
      policy: null,
      by: fromDomain === null ? null : 'postern',
    },
  }
}
