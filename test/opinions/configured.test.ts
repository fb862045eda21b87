/** What the operator's variables and bindings make of the opinions. */
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { makeDeps } from '../../src/deps.ts'
import { AI_MODEL } from '../../src/opinions/workers-ai.ts'

const depsOf = (over: Record<string, unknown>) => makeDeps({ ...env, ...over } as Env, { waitUntil: () => {} })

describe('makeDeps', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  it('asks nobody by default', () => {
    expect(depsOf({})).toMatchObject({ blocklists: null, classifier: null })
  })

  it('opens the named blocklists once, and tells once what it could not read', () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    const over = { POSTERN_DNSBL: 'ip:zen.example, zen.example' }
    const { blocklists } = depsOf(over)
    expect(blocklists?.zones).toMatchObject([{ name: 'zen.example' }])
    // What was found out about a zone outlives the message.
    expect(depsOf(over).blocklists).toBe(blocklists)
    expect(log.mock.calls.map(([line]) => JSON.parse(line))).toEqual([
      { level: 'error', at: 'POSTERN_DNSBL', error: expect.stringMatching(/^entry 2: /) },
    ])
  })

  it('asks none where none of the names can be read', () => {
    vi.spyOn(console, 'log').mockImplementation(() => {})
    expect(depsOf({ POSTERN_DNSBL: 'zen' }).blocklists).toBeNull()
  })

  it('asks Workers AI where it is bound', () => {
    const AI = { run: async () => null }
    expect(depsOf({ AI }).classifier?.model).toBe(AI_MODEL)
    expect(depsOf({ AI, POSTERN_AI_MODEL: '@cf/other/model' }).classifier?.model).toBe('@cf/other/model')
  })
})
