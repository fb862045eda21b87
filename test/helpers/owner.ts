/** An account with an address of its own and the settings that its owner chose, for tests of what is held back. */
import { env } from 'cloudflare:workers'
import { changeSettings, type Settings } from '../../src/access/settings.ts'
import { type Reader, whole } from '../../src/mailbox/reader.ts'
import { makeAccount, type World } from './world.ts'

export type Owner = { reader: Reader; address: string }

let serial = 0

export async function makeOwner(world: World, settings: Partial<Settings> = {}): Promise<Owner> {
  const address = `owner${++serial}@postern.test`
  const accountId = await makeAccount(world, address)
  await changeSettings(world.deps, accountId, settings)
  return { reader: whole(accountId), address }
}

export const usedBytes = (me: Owner) =>
  env.DB.prepare('select used_bytes n from accounts where id = ?').bind(me.reader.accountId).first<number>('n')
