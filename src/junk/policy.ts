/** From how many points on mail goes where: the account's choice, or the server's, or the default. Pure. */
import { DEFAULT_POLICY, type Policy } from '../spam/input.ts'

export type Chosen = {
  spamThreshold: number | null
  quarantineThreshold: number | 'never' | null
  reject: Policy['reject'] | null
}

/** What holds for an account; `chosen` is null for one whose row is not there. */
export function policyOf(chosen: Chosen | null, server: Policy): Policy {
  const junk = chosen?.spamThreshold ?? server.junk
  const quarantine = chosen?.quarantineThreshold ?? server.quarantine
  return {
    junk,
    // What is held back would otherwise be no junk.
    quarantine: quarantine === 'never' || quarantine === null ? null : Math.max(quarantine, junk),
    reject: chosen?.reject ?? server.reject,
  }
}

/** As the operator wrote it. What cannot be read is as if it were not there. */
export function serverPolicy(written: {
  junk?: string | number | undefined
  quarantine?: string | number | undefined
  reject?: string | undefined
}): Policy {
  const { reject } = written
  return {
    junk: points(written.junk) ?? DEFAULT_POLICY.junk,
    quarantine: points(written.quarantine) ?? DEFAULT_POLICY.quarantine,
    reject: reject === 'lists' || reject === 'lists-and-malware' ? reject : DEFAULT_POLICY.reject,
  }
}

function points(written: string | number | undefined): number | null {
  const value = Number(written)
  return written !== undefined && written !== '' && Number.isFinite(value) && value > 0 ? value : null
}
