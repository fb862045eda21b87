/** What the reference page reads of the description: OpenAPI 3.1, as far as this API's schemas use it. */
export type Schema = {
  $ref?: string
  type?: string | string[]
  description?: string
  format?: string
  pattern?: string
  enum?: unknown[]
  default?: unknown
  example?: unknown
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  contentMediaType?: string
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  items?: Schema
  allOf?: Schema[]
  anyOf?: Schema[]
  oneOf?: Schema[]
}

export type Body = Record<string, { schema?: Schema }>
export type Header = { $ref?: string; description?: string; example?: unknown }
export type Answer = { description: string; content?: Body; headers?: Record<string, Header> }
export type Parameter = {
  name: string
  in: string
  required?: boolean
  description?: string
  schema?: Schema
  example?: unknown
}

export type Operation = {
  operationId: string
  tags: string[]
  summary: string
  description: string
  security: Record<string, unknown>[]
  'x-required-scopes'?: string[]
  parameters?: Parameter[]
  requestBody?: { content: Body }
  responses: Record<string, Answer>
}

export type Description = {
  info: { title: string; description: string }
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, Operation>>
  webhooks?: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema>; headers: Record<string, Header> }
}

/** An operation with where it stands. A webhook has a name in place of a path. */
export type Placed = { method: string; path: string; webhook: boolean; operation: Operation }

export function operationsOf({ paths, webhooks = {} }: Description): Placed[] {
  const placed = (all: Description['paths'], webhook: boolean) =>
    Object.entries(all).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ method, path, webhook, operation })),
    )
  return [...placed(paths, false), ...placed(webhooks, true)]
}

/** The last step of a reference: the component's name. */
export function nameOf(ref: string): string {
  return ref.split('/').at(-1) ?? ''
}

/** The schema itself, where it refers to a component. */
export function resolved({ components }: Description, schema: Schema): Schema {
  return schema.$ref === undefined ? schema : (components.schemas[nameOf(schema.$ref)] ?? {})
}

/** The ids of the page's parts, which its links lead to. */
export const anchor = {
  operation: (id: string) => `operation-${id}`,
  schema: (name: string) => `schema-${name}`,
  header: (name: string) => `header-${name.toLowerCase()}`,
  tag: (name: string) => `tag-${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`,
}
