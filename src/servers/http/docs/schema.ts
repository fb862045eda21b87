/** Schemas for readers: what kind of value, within which limits, and its fields, nested as they are. */
import { anchor, nameOf, type Schema } from './description.ts'
import { type Content, type Html, html, joined, prose } from './html.ts'

/** Patterns of ids begin with their prefix (../ids.ts): readers need no more of them. */
const ID_PATTERN = /^\^([a-z]+_)\[/

/** "string or null", "array of Message": a link where it is a component. */
export function typeOf(schema: Schema): Content {
  if (schema.$ref !== undefined) return schemaLink(nameOf(schema.$ref))
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return joined(choices.map(typeOf), ' or ')
  if (schema.allOf) return typeOf(schema.allOf.find(({ $ref }) => $ref !== undefined) ?? schema.allOf[0] ?? {})
  const types = [schema.type ?? []].flat()
  if (types.length === 0) return 'any'
  return joined(
    types.map((type) => (type === 'array' && schema.items ? ['array of ', typeOf(schema.items)] : type)),
    ' or ',
  )
}

export function schemaLink(name: string): Html {
  return html`<a href="#${anchor.schema(name)}">${name}</a>`
}

/** What bounds the value, in words, and its default and example. */
export function limitsOf(schema: Schema): Html[] {
  return [
    ...bounds(schema).map((words) => html`<span>${words}</span>`),
    ...patternOf(schema),
    ...(schema.enum ? [html`<span>One of ${joined(schema.enum.map(code), ' ')}</span>`] : []),
    ...(schema.default === undefined ? [] : [html`<span>Default ${code(schema.default)}</span>`]),
    ...(schema.example === undefined ? [] : [html`<span>Example ${code(schema.example)}</span>`]),
  ]
}

function bounds(schema: Schema): string[] {
  const { items } = schema
  return [
    ...(schema.format === undefined ? [] : [schema.format]),
    ...(schema.contentMediaType === undefined ? [] : [schema.contentMediaType]),
    ...span(schema.minimum, schema.maximum, ''),
    ...span(schema.minLength, schema.maxLength, ' characters'),
    ...span(schema.minItems, schema.maxItems, ' entries'),
    ...(items && !items.properties ? bounds(items).map((words) => `each: ${words}`) : []),
  ]
}

function span(least: number | undefined, most: number | undefined, unit: string): string[] {
  if (least === undefined && most === undefined) return []
  if (most === undefined) return [`at least ${least}${unit}`]
  return [least === undefined ? `at most ${most}${unit}` : `${least} to ${most}${unit}`]
}

function patternOf(schema: Schema): Html[] {
  const pattern = schema.pattern ?? schema.items?.pattern
  if (pattern === undefined) return []
  const prefix = ID_PATTERN.exec(pattern)?.[1]
  const each = schema.pattern === undefined ? 'each ' : ''
  return [
    prefix
      ? html`<span>${each}<code>${prefix}…</code></span>`
      : html`<span>${each}matches <code>${pattern}</code></span>`,
  ]
}

export function code(value: unknown): Html {
  return html`<code>${typeof value === 'string' ? value : JSON.stringify(value)}</code>`
}

/** One entry of a list of fields or parameters. */
export function field(
  name: string,
  schema: Schema,
  more: { required: boolean; description?: string | undefined },
): Html {
  const words = more.description ?? schema.description ?? schema.allOf?.find((one) => one.description)?.description
  const limits = limitsOf(schema)
  return html`<div class="field">
<dt><code>${name}</code> <span class="type">${typeOf(schema)}</span>${more.required && html` <span class="required">required</span>`}</dt>
<dd>${words && html`<p>${prose(words)}</p>`}${limits.length > 0 && html`<p class="limits">${limits}</p>`}${nested(schema)}</dd>
</div>`
}

/** The fields of an object, or what stands for one. */
export function fields(schema: Schema): Content {
  const own = schema.properties
    ? html`<dl class="fields">${Object.entries(schema.properties).map(([name, one]) =>
        field(name, one, { required: schema.required?.includes(name) ?? false }),
      )}</dl>`
    : ''
  const parts = schema.allOf ?? []
  return [
    parts.map((part) => (part.$ref ? html`<p>All of ${schemaLink(nameOf(part.$ref))}, and:</p>` : fields(part))),
    own,
  ]
}

/** Whether the schema has fields of its own to show, and not only those of a component. */
export function hasFields(schema: Schema): boolean {
  return schema.properties !== undefined || (schema.allOf ?? []).some(hasFields)
}

function nested(schema: Schema): Content {
  const inner = [schema, schema.items ?? {}, ...(schema.anyOf ?? []), mapOf(schema) ?? {}].filter(hasFields)
  return inner.map((one) => html`<details open><summary>Fields</summary>${fields(one)}</details>`)
}

function mapOf(schema: Schema): Schema | null {
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : null
}
