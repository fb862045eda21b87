#!/usr/bin/env node
// Stands in for wrangler in test/cli/deploy.node.test.ts: keeps "Cloudflare" in the JSON file that FAKE_CLOUDFLARE
// names, with every call it got, and fails where that file says so.
import { readFileSync, writeFileSync } from 'node:fs'

const file = process.env.FAKE_CLOUDFLARE
const cloud = JSON.parse(readFileSync(file, 'utf8'))
const args = process.argv.slice(2, process.argv.indexOf('--config'))
const line = args.join(' ')
const stdin = readFileSync(0, 'utf8')
cloud.calls.push(stdin ? `${line} < ${Object.keys(JSON.parse(stdin)).join(',')}` : line)
const code = cloud.fail === line ? 7 : carryOut()
writeFileSync(file, JSON.stringify(cloud))
process.exit(code)

function carryOut() {
  const name = args.at(-1)
  if (line === 'whoami --json') return cloud.loggedIn ? 0 : 1
  if (line === 'd1 list --json')
    return print(cloud.databases.map((database) => ({ ...database, version: 'production' })))
  if (line.startsWith('d1 create')) return add(cloud.databases, { name, uuid: `uuid-${name}` })
  if (line.startsWith('r2 bucket info')) return cloud.buckets.includes(name) ? 0 : 1
  if (line.startsWith('r2 bucket create')) return add(cloud.buckets, name)
  if (line.startsWith('queues info')) return cloud.queues.includes(name) ? 0 : 1
  if (line.startsWith('queues create')) return add(cloud.queues, name)
  if (line.startsWith('d1 migrations apply')) return 0
  if (line.startsWith('deploy --dry-run')) return 0
  if (line === 'deploy') {
    cloud.secrets ??= {}
    return 0
  }
  if (line.startsWith('secret list')) {
    return cloud.secrets ? print(Object.keys(cloud.secrets).map((name) => ({ name, type: 'secret_text' }))) : 1
  }
  if (line === 'secret bulk') {
    Object.assign(cloud.secrets, JSON.parse(stdin))
    return 0
  }
  return 2
}

function print(value) {
  console.log(JSON.stringify(value))
  return 0
}

function add(list, item) {
  list.push(item)
  return 0
}
