/** One operation: what it does and needs, its inputs, its answers, and an example beside them. */
import {
  type Answer,
  anchor,
  type Body,
  type Description,
  nameOf,
  type Parameter,
  type Placed,
  resolved,
  type Schema,
} from './description.ts'
import { curlOf, exampleOf } from './example.ts'
import { type Content, type Html, html, joined, prose } from './html.ts'
import { field, fields, hasFields, limitsOf, schemaLink, typeOf } from './schema.ts'

const PLACES = [
  ['path', 'In the path'],
  ['query', 'In the query'],
  ['header', 'Headers'],
] as const

/** What a description says of its scopes: the page says it in a line of its own. */
const NEEDS = / ?Needs the scopes? `[^`]+`(?: and `[^`]+`)*\./g

export function renderOperation(description: Description, placed: Placed): Html {
  const { method, path, webhook, operation } = placed
  const id = anchor.operation(operation.operationId)
  return html`<section class="operation" id="${id}" aria-labelledby="${id}-title">
<h3 id="${id}-title"><a href="#${id}">${prose(operation.summary)}</a></h3>
<p class="call">${badge(method)} <code>${webhook ? path : breakable(path)}</code></p>
<div class="columns"><div>
<p>${prose(operation.description.replaceAll(NEEDS, ''))}</p>
${access(placed)}
${PLACES.map(([place, title]) =>
  parameters(
    title,
    (operation.parameters ?? []).filter((one) => one.in === place),
  ),
)}
${operation.requestBody && requestBody(description, operation.requestBody.content)}
${answers(operation.responses)}
</div><div class="samples">
${!webhook && sample('Call', curlOf(description, placed))}
${answerSample(description, operation.responses)}
</div></div>
</section>`
}

export function badge(method: string): Html {
  return html`<span class="method ${method}">${method.toUpperCase()}</span>`
}

/** A long path may break before a slash, and nowhere else. */
export function breakable(path: string): Content {
  return joined(path.split('/'), html`<wbr>/`)
}

function access({ operation, webhook }: Placed): Html {
  const scopes = (operation['x-required-scopes'] ?? []).map((scope) => html`<code>${scope}</code>`)
  const isAdmin = operation.security.some((one) => 'admin_key' in one)
  if (webhook) return html`<p class="access">Sent by the server.</p>`
  if (operation.security.length === 0) return html`<p class="access">No key.</p>`
  if (isAdmin) return html`<p class="access">The admin key.</p>`
  return html`<p class="access">An account's key${scopes.length > 0 ? [' with ', joined(scopes, ' and ')] : ', whatever its scopes'}.</p>`
}

function parameters(title: string, list: Parameter[]): Content {
  if (list.length === 0) return ''
  return html`<h4>${title}</h4><dl class="fields">${list.map(
    ({ name, schema = {}, required = false, description, example }) =>
      field(name, example === undefined ? schema : { ...schema, example }, { required, description }),
  )}</dl>`
}

function requestBody(description: Description, content: Body): Content {
  return Object.entries(content).map(([type, { schema = {} }]) => {
    const name = schema.$ref === undefined ? null : nameOf(schema.$ref)
    const own = resolved(description, schema)
    return html`<h4>Body</h4><p><code>${type}</code>${name !== null && [': ', schemaLink(name)]}</p>${
      hasFields(own) ? fields(own) : html`<p class="limits">${limitsOf(own)}</p>`
    }`
  })
}

function answers(responses: Record<string, Answer>): Html {
  const all = Object.entries(responses)
  const good = all.filter(([status]) => Number(status) < 400)
  const bad = all.filter(([status]) => Number(status) >= 400)
  return html`<h4>Answers</h4><dl class="answers">${good.map(answer)}</dl>
${bad.length > 0 && html`<details><summary>Problems: ${bad.map(([status]) => status).join(', ')}</summary><dl class="answers">${bad.map(answer)}</dl></details>`}`
}

function answer([status, { description, content = {}, headers = {} }]: [string, Answer]): Html {
  const bodies = Object.entries(content).map(
    ([type, { schema }]) => html`<p class="type"><code>${type}</code> ${schema && typeOf(schema)}</p>`,
  )
  const names = Object.keys(headers).map((name) => html`<a href="#${anchor.header(name)}">${name}</a>`)
  return html`<div><dt><code class="status">${status}</code></dt><dd><p>${prose(description)}</p>${bodies}${
    names.length > 0 && html`<p class="headers">${joined(names, ' · ')}</p>`
  }</dd></div>`
}

function answerSample(description: Description, responses: Record<string, Answer>): Content {
  const good = Object.entries(responses).find(([status]) => Number(status) < 300)
  const schema: Schema | undefined = good?.[1].content?.['application/json']?.schema
  // The page would hold the whole description once more.
  if (!good || !schema || schema.$ref?.endsWith('/OpenApi')) return ''
  return sample(`Answer: ${good[0]}`, JSON.stringify(exampleOf(description, schema), null, 2))
}

function sample(title: string, text: string): Html {
  return html`<figure><figcaption>${title}</figcaption><pre tabindex="0"><code>${text}</code></pre></figure>`
}
