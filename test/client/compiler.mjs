/** What the generator imports as `typescript` (generate.ts). */
export { ts as default } from '@ts-morph/common'
