import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Demo } from '../../src/cli/demo.ts'
import { openState, type State } from '../../src/cli/state.ts'

const DEMO: Demo = {
  url: 'http://127.0.0.1:1',
  address: 'demo@postern.test',
  account_id: 'acc_1',
  admin_key: 'a',
  api_key: 'b',
  app_password: 'c',
  ports: { http: 1 },
}

let parent: string
let folder: string
let open: State[] = []

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'postern-state-'))
  folder = join(parent, 'new', 'state')
})

afterEach(() => {
  for (const state of open) state.release()
  open = []
  rmSync(parent, { recursive: true })
})

function opened(options = { fresh: false }): State {
  const state = openState(folder, options)
  open.push(state)
  return state
}

function mode(path: string): string {
  return (statSync(path).mode & 0o777).toString(8)
}

test('The folder is for its owner alone, and so are the secrets and demo.json', () => {
  const state = opened()
  state.secrets()
  state.writeDemo(DEMO)
  expect([folder, state.secretsFile, state.demoFile].map(mode)).toEqual(['700', '600', '600'])
  expect(state.readDemo()).toEqual(DEMO)
})

test('An empty folder that others could read is closed to them', () => {
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  opened()
  expect(mode(folder)).toBe('700')
})

test('Secrets are made once, long and random', () => {
  const first = opened().secrets()
  open.pop()?.release()
  expect(opened().secrets()).toEqual(first)
  expect(first.POSTERN_SECRET).toMatch(/^[\w-]{43}$/)
  expect(first.POSTERN_ADMIN_KEY).toMatch(/^pst_admin_[\w-]{43}$/)
})

test('A file with one secret keeps it and gains the other', () => {
  const state = opened()
  writeFileSync(state.secretsFile, 'POSTERN_SECRET="kept"\n')
  const { POSTERN_SECRET, POSTERN_ADMIN_KEY } = state.secrets()
  expect(POSTERN_SECRET).toBe('kept')
  expect(readFileSync(state.secretsFile, 'utf8')).toBe(
    `POSTERN_SECRET="kept"\nPOSTERN_ADMIN_KEY="${POSTERN_ADMIN_KEY}"\n`,
  )
})

test('A half-written demo.json counts as none', () => {
  const state = opened()
  writeFileSync(state.demoFile, '{"url": "http')
  expect(state.readDemo()).toBeUndefined()
})

test('A second instance is told in one line that the folder is in use', () => {
  opened()
  expect(() => openState(folder, { fresh: true })).toThrow(
    /^.* is in use by a running Postern: stop that one, or .*\.$/,
  )
  open.pop()?.release()
  opened()
})

test('A folder with files of someone else is refused and left as it is', () => {
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  writeFileSync(join(folder, 'thesis.txt'), 'years of work')
  expect(() => openState(folder, { fresh: true })).toThrow('holds other files')
  expect(mode(folder)).toBe('755')
  expect(readFileSync(join(folder, 'thesis.txt'), 'utf8')).toBe('years of work')
})

test('--fresh removes what is ours and nothing else', () => {
  const state = opened()
  state.writeDemo(DEMO)
  const secrets = state.secrets()
  mkdirSync(join(folder, 'data'))
  writeFileSync(join(folder, 'notes.txt'), 'mine')
  open.pop()?.release()
  const fresh = opened({ fresh: true })
  expect(fresh.readDemo()).toBeUndefined()
  expect(existsSync(join(folder, 'data'))).toBe(false)
  expect(fresh.secrets()).not.toEqual(secrets)
  expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe('mine')
})
