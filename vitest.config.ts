import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

/** Two projects: what runs in workerd with the real local D1, R2 and queues, and what needs Node (files, processes). */
export default defineConfig({
  test: {
    projects: [
      {
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              bindings: {
                TEST_MIGRATIONS: await readD1Migrations('migrations'),
                POSTERN_SECRET: 'a secret that only the tests know, of some length',
                POSTERN_ADMIN_KEY: 'pst_admin_for_the_tests_only',
              },
            },
          })),
        ],
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
    ],
  },
})
