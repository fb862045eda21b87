/** Examples made from the schemas: values that fit them, and the call as a line for a terminal. */
import type { Description, Parameter, Placed, Schema } from './description.ts'
import { resolved } from './description.ts'

/** A schema may hold itself; deeper than this, readers follow the links. */
const DEPTH_MAX = 6
/** Where nothing more is known. */
const TEXT = 'text'
const ID_PATTERN = /^\^([a-z]+_)\[/
const BY_FORMAT: Record<string, string> = {
  'date-time': '2026-03-01T12:00:00Z',
  email: 'ada@example.com',
  uri: 'https://mail.example.com/',
}
/** What fields of these names hold, where their schema asks for nothing more than text. */
const BY_NAME: Record<string, string> = {
  address: 'ada@example.com',
  filename: 'plan.pdf',
  from: 'ada@example.com',
  message_id: 'orchard-1@example.com',
  name: 'Ada',
  preview: 'The quince trees are in bloom.',
  recipient: 'demo@example.com',
  return_path: 'ada@example.com',
  subject: 'The orchard on Thursday',
  text: 'The quince trees are in bloom.',
  to_text: 'demo@example.com',
}

/** A value that the schema admits: its own example, or one put together. */
export function exampleOf(description: Description, schema: Schema, depth = 0): unknown {
  const own = resolved(description, schema)
  if (own.example !== undefined) return own.example
  if (own.default !== undefined) return own.default
  if (own.enum) return own.enum[0]
  if (own.allOf) return merged(own.allOf.map((part) => exampleOf(description, part, depth)))
  const choice = (own.anyOf ?? own.oneOf)?.[0]
  if (choice) return exampleOf(description, choice, depth + 1)
  return ofType(description, own, depth)
}

function ofType(description: Description, schema: Schema, depth: number): unknown {
  switch ([schema.type ?? 'object'].flat()[0]) {
    case 'string':
      return text(schema)
    case 'integer':
    case 'number':
      return schema.minimum ?? 0
    case 'boolean':
      return false
    case 'array':
      return schema.items && depth <= DEPTH_MAX ? [exampleOf(description, schema.items, depth + 1)] : []
    case 'null':
      return null
    default:
      return depth <= DEPTH_MAX ? object(description, schema, depth) : null
  }
}

function object(description: Description, { properties = {} }: Schema, depth: number): unknown {
  const entries = Object.entries(properties)
  return Object.fromEntries(entries.map(([name, one]) => [name, named(description, name, one, depth)]))
}

function named(description: Description, name: string, schema: Schema, depth: number): unknown {
  const value = exampleOf(description, schema, depth + 1)
  return value === TEXT ? (BY_NAME[name] ?? TEXT) : value
}

/** Objects together; a part that only describes makes an empty one, and leaves a text, a number or a list as it is. */
function merged(parts: unknown[]): unknown {
  const plain = parts.find((part) => typeof part !== 'object' || part === null || Array.isArray(part))
  return plain === undefined ? Object.assign({}, ...parts) : plain
}

function text({ pattern, format, minLength = 0 }: Schema): string {
  const prefix = pattern && ID_PATTERN.exec(pattern)?.[1]
  if (prefix) return `${prefix}4x7`
  return BY_FORMAT[format ?? ''] ?? TEXT.padEnd(minLength, '.')
}

/** The call for a terminal, where `$url` and `$key` are set. */
export function curlOf(description: Description, { method, path, operation }: Placed): string {
  const { parameters = [], requestBody, security } = operation
  const verb = method === 'get' ? '' : ` -X ${method.toUpperCase()}`
  // A stream is shown as it comes, and not when it is over.
  const unbuffered = 'text/event-stream' in (operation.responses[200]?.content ?? {}) ? ' -N' : ''
  const lines = [`curl${unbuffered}${verb} "$url${filled(path, parameters)}${query(parameters)}"`]
  if (security.length > 0) lines.push('-H "Authorization: Bearer $key"')
  const [type, media] = Object.entries(requestBody?.content ?? {})[0] ?? []
  if (type) lines.push(`-H "Content-Type: ${type}"`)
  if (type && media) lines.push(body(description, type, media.schema ?? {}))
  return lines.join(' \\\n  ')
}

function body(description: Description, type: string, schema: Schema): string {
  if (type !== 'application/json') return '--data-binary @message.eml'
  const json = JSON.stringify(asked(description, schema), null, 2)
  return `-d '${json.replaceAll("'", "'\\''")}'`
}

/** What one sends: the schema's own example, or what is required, or else the first field alone. */
function asked(description: Description, schema: Schema): unknown {
  const own = resolved(description, schema)
  if (own.example !== undefined || !own.properties) return exampleOf(description, schema)
  const names = Object.keys(own.properties)
  const wanted = own.required?.length ? own.required : names.slice(0, 1)
  const entries = names
    .filter((name) => wanted.includes(name))
    .map((name) => [name, own.properties?.[name] ?? {}] as const)
  return Object.fromEntries(entries.map(([name, one]) => [name, named(description, name, one, 0)]))
}

function filled(path: string, parameters: Parameter[]): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name) => {
    const parameter = parameters.find((one) => one.in === 'path' && one.name === name)
    return String(parameterExample(parameter))
  })
}

function query(parameters: Parameter[]): string {
  const required = parameters.filter((one) => one.in === 'query' && one.required)
  const pairs = required.map((one) => `${one.name}=${encodeURIComponent(String(parameterExample(one)))}`)
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

function parameterExample(parameter: Parameter | undefined): unknown {
  if (parameter?.example !== undefined) return parameter.example
  const schema = parameter?.schema ?? {}
  return schema.example ?? schema.default ?? schema.enum?.[0] ?? (schema.type === 'integer' ? 1 : text(schema))
}
