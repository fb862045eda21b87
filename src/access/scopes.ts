/** Scopes: what a key may do. `settings` (forwarding, rules, lists, keys) is not implied by mail:write; admin reads no mail. */
export const SCOPES = ['mail:read', 'mail:write', 'mail:send', 'spam:train', 'settings'] as const
export type Scope = (typeof SCOPES)[number]

/** Who is asking. The admin belongs to no account. */
export type Principal =
  | { kind: 'admin' }
  | {
      kind: 'account'
      accountId: number
      addressId: number | null
      scopes: readonly Scope[]
      keyId: number
      keyName: string
      /** JSON of what it may send (access/sending-limits.ts); null: what its account may. */
      limits: string | null
    }
