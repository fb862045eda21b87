/**
 * The description before two linters with their recommended rules: neither may find anything, not even a warning. Broken
 * descriptions show that each of the two does look.
 */
import { type Config, createConfig, lintFromString } from '@redocly/openapi-core'
import spectral from '@stoplight/spectral-core'
import { oas } from '@stoplight/spectral-rulesets'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Description, readDescription } from '../../helpers/description.ts'

type Linter = (description: Description) => Promise<string[]>

let redoclyConfig: Config
const ruleset = new spectral.Spectral()

beforeAll(async () => {
  redoclyConfig = await createConfig({ extends: ['recommended'] })
  ruleset.setRuleset({ extends: [[oas, 'recommended']], rules: {} } as never)
})

const redocly: Linter = async (description) => {
  const found = await lintFromString({ source: JSON.stringify(description), config: redoclyConfig })
  return found.map(({ ruleId, message, location }) => `${ruleId} at ${location[0]?.pointer}: ${message}`)
}

const stoplight: Linter = async (description) => {
  const found = await ruleset.run(description)
  return found.map(({ code, message, path }) => `${code} at ${path.join('/')}: ${message}`)
}

/** Each linter's rule for a fault: in the structure, in a reference, in an example, in what is said of an operation. */
const FAULTS: { fault: string; rules: [redocly: string, spectral: string]; spoil(description: Description): void }[] = [
  {
    fault: 'a reference that leads nowhere',
    rules: ['no-unresolved-refs', 'invalid-ref'],
    spoil: ({ components: { schemas } }) => {
      schemas.Message.properties.from = { $ref: '#/components/schemas/Nobody' }
    },
  },
  {
    fault: 'a schema of no known type',
    rules: ['struct', 'oas3-schema'],
    spoil: ({ components: { schemas } }) => {
      schemas.Health.properties.status.type = 'text'
    },
  },
  {
    fault: 'an example that does not fit',
    rules: ['no-invalid-schema-examples', 'oas3-valid-schema-example'],
    spoil: ({ components: { schemas } }) => {
      schemas.NewMailbox.example = { name: 1 }
    },
  },
  {
    fault: 'two operations of one name',
    rules: ['operation-operationId-unique', 'operation-operationId-unique'],
    spoil: ({ paths }) => {
      paths['/v1/me'].get.operationId = paths['/healthz'].get.operationId
    },
  },
  {
    fault: 'a path parameter that nobody describes',
    rules: ['path-parameters-defined', 'path-params'],
    spoil: ({ paths }) => {
      paths['/v1/messages/{id}/raw'].get.parameters = []
    },
  },
  {
    fault: 'an operation without a summary or a description',
    rules: ['operation-summary', 'operation-description'],
    spoil: ({ paths }) => {
      delete paths['/v1/mailboxes'].get.summary
      delete paths['/v1/mailboxes'].get.description
    },
  },
]

describe.each([
  ['Redocly', redocly, 0],
  ['Spectral', stoplight, 1],
] as const)('%s', (_, lint, column) => {
  it('finds nothing in the description', async () => {
    expect(await lint(await readDescription())).toEqual([])
  })

  it('finds each fault of a broken one', async () => {
    const description = await readDescription()
    for (const { spoil } of FAULTS) spoil(description)
    const found = await lint(description)
    const missed = FAULTS.filter(({ rules }) => !found.some((finding) => finding.startsWith(`${rules[column]} at`)))
    expect({ missed: missed.map(({ fault }) => fault), found }).toEqual({ missed: [], found })
  })
})
