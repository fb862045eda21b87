/**
 * openapi-typescript, which writes TypeScript by the compiler's JavaScript interface. The compiler of this project is a
 * native program without one, so the generator is given that of @ts-morph/common, the compiler's last JavaScript version
 * as a library that installs no second `tsc`.
 */
import { registerHooks } from 'node:module'
import type { Description } from '../helpers/description.ts'

const COMPILER = new URL('./compiler.mjs', import.meta.url).href

export async function generateTypes(description: Description): Promise<string> {
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'typescript' ? { url: COMPILER, format: 'module', shortCircuit: true } : next(specifier, context),
  })
  try {
    const { default: openapiTs, astToString } = await import('openapi-typescript')
    return astToString(await openapiTs(description))
  } finally {
    hooks.deregister()
  }
}
