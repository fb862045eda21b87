/**
 * /docs: the whole description is on the page, its links lead somewhere, it loads and runs nothing, and nothing that the
 * description says becomes markup.
 */
import { createHash } from 'node:crypto'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { Parser } from 'htmlparser2'
import { beforeAll, describe, expect, it } from 'vitest'
import { SEARCH_LANGUAGE } from '../../../src/mailbox/search-language.ts'
import { anchor, operationsOf, type Schema } from '../../../src/servers/http/docs/description.ts'
import { exampleOf } from '../../../src/servers/http/docs/example.ts'
import { renderReference } from '../../../src/servers/http/docs/page.ts'
import { ERROR_CODES } from '../../../src/servers/http/errors.ts'
import { type Description, getPublic, readDescription } from '../../helpers/description.ts'

type Element = { name: string; attributes: Record<string, string> }
type Page = { elements: Element[]; text: string; style: string }

let description: Description
let policy: string
let page: Page

beforeAll(async () => {
  description = await readDescription()
  const answer = await getPublic('/docs')
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8'])
  policy = answer.headers.get('content-security-policy') ?? ''
  page = parse(await answer.text())
})

function parse(html: string): Page {
  const found: Page = { elements: [], text: '', style: '' }
  let isStyle = false
  const parser = new Parser({
    onopentag: (name, attributes) => {
      isStyle = name === 'style'
      found.elements.push({ name, attributes })
    },
    ontext: (text) => {
      found[isStyle ? 'style' : 'text'] += text
    },
    onclosetag: () => {
      isStyle = false
    },
  })
  parser.end(html)
  return found
}

function valuesOf({ elements }: Page, attribute: string): string[] {
  return elements.flatMap(({ attributes }) => attributes[attribute] ?? [])
}

describe('the reference', () => {
  it('has each operation, with its path and its inputs', () => {
    const ids = new Set(valuesOf(page, 'id'))
    const operations = operationsOf(description)
    expect(operations.length).toBeGreaterThan(50)
    for (const { path, operation } of operations) {
      expect(ids).toContain(anchor.operation(operation.operationId))
      expect(page.text).toContain(path)
      expect(page.text).toContain(operation.summary.replaceAll('`', ''))
      for (const { name } of operation.parameters ?? []) expect(page.text).toContain(name)
    }
  })

  it('has each schema with its fields, each tag, each code and all of the search language', () => {
    const ids = new Set(valuesOf(page, 'id'))
    for (const [name, { properties = {} }] of Object.entries<Schema>(description.components.schemas)) {
      expect(ids).toContain(anchor.schema(name))
      for (const field of Object.keys(properties)) expect(page.text).toContain(field)
    }
    for (const { name } of description.tags) expect(ids).toContain(anchor.tag(name))
    for (const code of ERROR_CODES) expect(page.text).toContain(code)
    for (const [syntax] of SEARCH_LANGUAGE) for (const one of syntax.split('  ')) expect(page.text).toContain(one)
  })

  it('names each part once, and leads nowhere that is not there', () => {
    const ids = valuesOf(page, 'id')
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([])
    const hrefs = valuesOf(page, 'href')
    expect(hrefs.length).toBeGreaterThan(300)
    const lost = hrefs.filter((href) => href !== '/openapi.json' && !ids.includes(href.replace(/^#/, '')))
    expect(lost).toEqual([])
  })

  it('loads nothing and runs nothing', () => {
    const loading = ['script', 'link', 'img', 'iframe', 'object', 'embed', 'form', 'base', 'svg', 'video', 'audio']
    expect(page.elements.filter(({ name }) => loading.includes(name))).toEqual([])
    const names = new Set(page.elements.flatMap(({ attributes }) => Object.keys(attributes)))
    expect([...names].filter((name) => /^on|^style$|^src|^srcset$|^http-equiv$/.test(name))).toEqual([])
    expect(page.style).not.toMatch(/url\(|@import|https?:/)
  })

  it('admits its own style and nothing else', () => {
    const hash = createHash('sha256').update(page.style).digest('base64')
    expect(policy).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    )
  })

  it('shows whatever the description says as text', () => {
    const hostile = `"'><script>alert(1)</script><img src=x onerror='alert(1)'></style></pre><!--&amp;`
    const spoiled = spoil(description, hostile)
    const { elements, text } = parse(renderReference(spoiled))
    const known = new Set(page.elements.map(({ name }) => name))
    expect(elements.filter(({ name }) => !known.has(name))).toEqual([])
    const attributes = new Set(page.elements.flatMap((element) => Object.keys(element.attributes)))
    expect(
      elements.flatMap((element) => Object.keys(element.attributes)).filter((name) => !attributes.has(name)),
    ).toEqual([])
    expect(text.split(hostile).length).toBeGreaterThan(1_000)
  })

  it('gives examples that fit their schemas', async () => {
    const shown = structuredClone(description)
    for (const schema of Object.values<Schema>(shown.components.schemas))
      schema.example = exampleOf(description, schema)
    const config = await createConfig({ extends: ['recommended'] })
    const found = await lintFromString({ source: JSON.stringify(shown), config })
    expect(found.map(({ message, location }) => `${location[0]?.pointer}: ${message}`)).toEqual([])
  })
})

/** Everything that the description says or names, with something more at its end; references and what is read by name stay. */
function spoil(value: Description, more: string, key = ''): Description {
  const kept = ['$ref', 'type', 'in', 'openapi']
  if (typeof value === 'string') return kept.includes(key) ? value : value + more
  if (Array.isArray(value)) return value.map((one) => spoil(one, more, key))
  if (typeof value !== 'object' || value === null) return value
  const isNaming = ['properties', 'paths', 'content', 'headers', 'schemas', 'responses'].includes(key)
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [isNaming ? name + more : name, spoil(one, more, isNaming ? '' : name)]),
  )
}
