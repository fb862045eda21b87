import { expect, test } from 'vitest'
import { isBuildFailure, isWorth } from '../../src/cli/output.ts'

test.each([
  ['{"level":"info","path":"/v1/me"}', true],
  ['[wrangler:error] Error: boom', true],
  ['    at Object.fetch (file:///app/src/worker.ts:1:285)', true],
  ['✘ [ERROR] Expected ";" but found "x"', true],
  ['[wrangler:info] GET /healthz 200 OK (5ms)', false],
  ['⎔ Reloading local server...', false],
  ['Your Worker has access to the following bindings:', false],
  ['Binding                                   Resource                  Mode', false],
  ['env.POSTERN_SECRET ("(hidden)")           Environment Variable      local', false],
  ['▲ [WARNING] Scheduled Workers are not automatically triggered during local development.', false],
  [
    '✘ [ERROR] e = rust/worker/ffi.rs:110: failed: failed to lookup address information: Name or service not known',
    false,
  ],
  ['  stack: /app/bin/workerd@34dcea9 /app/bin/workerd@26b6840; sentryErrorContext = jsgInternalError', false],
  ['', false],
])('%s: shown %s', (line, shown) => {
  expect(isWorth(line)).toBe(shown)
})

test('A Worker that does not compile is noticed', () => {
  expect(isBuildFailure('✘ [ERROR] Build failed with 1 error:')).toBe(true)
  expect(isBuildFailure('{"level":"error","message":"no"}')).toBe(false)
})
