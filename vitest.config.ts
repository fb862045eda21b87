import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

/** The Worker of wrangler.toml in workerd, with the real local D1, R2 and queues, and secrets that only tests know. */
const worker = () =>
  cloudflareTest(async () => ({
    wrangler: { configPath: './wrangler.toml' },
    miniflare: {
      // A second shard, which wrangler.toml does not have.
      d1Databases: { DB_1: 'second-shard' },
      bindings: {
        TEST_MIGRATIONS: await readD1Migrations('migrations'),
        POSTERN_SECRET: 'a secret that only the tests know, of some length',
        POSTERN_ADMIN_KEY: 'pst_admin_for_the_tests_only',
      },
    },
  }))

/** What runs in workerd, what needs Node (files, processes), and the figures of `npm run bench`. */
export default defineConfig({
  test: {
    // Two files at a time: much of their time is spent waiting for processes.
    maxWorkers: 2,
    projects: [
      {
        plugins: [worker()],
        test: {
          name: 'workerd',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.node.test.ts', 'test/tidy.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: { name: 'node', include: ['test/**/*.node.test.ts', 'test/tidy.test.ts'], testTimeout: 60_000 },
      },
      {
        plugins: [worker()],
        test: { name: 'bench', include: ['test/bench/*.bench.ts'], testTimeout: 600_000, hookTimeout: 600_000 },
      },
      {
        // One file at a time: two would take each other's CPU.
        test: {
          name: 'bench-node',
          include: ['test/bench/*.bench.node.ts'],
          testTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
