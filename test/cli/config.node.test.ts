import { expect, test } from 'vitest'
import { localConfig, readWranglerConfig } from '../../src/cli/config.ts'
import { refusal } from '../../src/cli/deploy-plan.ts'
import { type Port, portsOf } from '../../src/cli/listeners.ts'

const PORTS = portsOf({})

test('The local configuration alone turns the development switch on', () => {
  const config = readWranglerConfig(process.cwd())
  expect(refusal(config, [])).toBeUndefined()
  expect(localConfig(config, '/app', PORTS).vars).toMatchObject({ POSTERN_DEV: '1' })
})

test('Paths become absolute, and all else stays', () => {
  const local = localConfig(
    {
      name: 'postern',
      main: 'src/worker.ts',
      assets: { directory: 'dist' },
      vars: { A: 1 },
      triggers: { crons: ['* * * * *'] },
    },
    '/app',
    PORTS,
  )
  expect(local).toMatchObject({
    name: 'postern',
    main: '/app/src/worker.ts',
    assets: { directory: '/app/dist' },
    vars: { A: 1 },
    triggers: { crons: ['* * * * *'] },
  })
})

test('Every shard has its local database, the same one whatever its id on Cloudflare', () => {
  const { d1_databases } = localConfig(
    {
      d1_databases: [
        { binding: 'DB', database_name: 'postern', database_id: 'real', preview_database_id: 'other' },
        { binding: 'DB_1', database_name: 'postern-1', migrations_dir: 'sql' },
      ],
    },
    '/app',
    PORTS,
  )
  expect(d1_databases).toEqual([
    { binding: 'DB', database_name: 'postern', database_id: 'DB', migrations_dir: '/app/migrations' },
    { binding: 'DB_1', database_name: 'postern-1', database_id: 'DB_1', migrations_dir: '/app/sql' },
  ])
})

test('A TCP listener becomes a connect entry, and the Worker is told its port', () => {
  const imap = { ...PORTS[0], variable: 'POSTERN_IMAP_PORT', port: 1143, via: 'tcp' } as Port
  const local = localConfig({ connect: [{ protocol: 'tcp', port: 143 }] }, '/app', [...PORTS, imap])
  expect(local.connect).toEqual([{ protocol: 'tcp', port: 1143 }])
  expect(local.vars).toEqual({ POSTERN_DEV: '1', POSTERN_IMAP_PORT: '1143' })
})

test('Workers AI stays away: nothing that is tried here leaves this machine', () => {
  expect(localConfig({ name: 'postern', ai: { binding: 'AI' } }, '/app', PORTS)).not.toHaveProperty('ai')
})
