/**
 * The reference: one page made from the description in memory, without a script and without a request for anything else.
 * What the description says is escaped (html.ts).
 */
import { anchor, type Description, operationsOf, type Placed, type Schema } from './description.ts'
import { GUIDE, renderChapter } from './guide.ts'
import { type Content, Html, html, prose } from './html.ts'
import { badge, breakable, renderOperation } from './operation.ts'
import { fields, hasFields, limitsOf, typeOf } from './schema.ts'
import { STYLE } from './style.ts'

type Group = { name: string; description: string; operations: Placed[] }

export function renderReference(description: Description): string {
  const groups = groupsOf(description)
  const { title } = description.info
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} API reference</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<a class="skip" href="#top">To the reference</a>
<nav aria-label="Contents">${contents(description, groups)}</nav>
<main id="top">
<header><h1>${title} API</h1><p class="lead">${prose(description.info.description)}</p>
<p>The same for programs: <a href="/openapi.json">openapi.json</a>, OpenAPI 3.1. This page is made from it.</p></header>
${GUIDE.map((chapter) => renderChapter(chapter, description))}
${groups.map((group) => renderGroup(description, group))}
<section class="chapter" id="schemas"><h2><a href="#schemas">Schemas</a></h2>
${Object.entries(description.components.schemas).map(([name, schema]) => renderSchema(name, schema))}</section>
</main>
</body>
</html>
`.text
}

/** By tag, in the order of the description's tags; a tag that it does not list comes after them. */
function groupsOf(description: Description): Group[] {
  const groups = new Map<string, Group>(description.tags.map((tag) => [tag.name, { ...tag, operations: [] }]))
  for (const placed of operationsOf(description)) {
    const name = placed.operation.tags[0] ?? 'Other'
    const group = groups.get(name) ?? { name, description: '', operations: [] }
    groups.set(name, group)
    group.operations.push(placed)
  }
  return [...groups.values()].filter(({ operations }) => operations.length > 0)
}

function contents({ info, components }: Description, groups: Group[]): Content {
  return html`<p class="brand"><a href="#top">${info.title}</a></p>
<ul>${GUIDE.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul>
${groups.map(
  ({ name, operations }) =>
    html`<details><summary>${name}</summary><ul>${operations.map(
      ({ method, path, operation }) =>
        html`<li><a href="#${anchor.operation(operation.operationId)}">${badge(method)}<span>${breakable(path.replace(/^\/v1(?=\/)/, ''))}</span></a></li>`,
    )}</ul></details>`,
)}
<details><summary>Schemas</summary><ul>${Object.keys(components.schemas).map(
    (name) => html`<li><a href="#${anchor.schema(name)}">${name}</a></li>`,
  )}</ul></details>`
}

function renderGroup(description: Description, { name, description: words, operations }: Group): Html {
  const id = anchor.tag(name)
  return html`<section class="chapter" id="${id}"><h2><a href="#${id}">${name}</a></h2><p class="lead">${prose(words)}</p>
${operations.map((placed) => renderOperation(description, placed))}</section>`
}

function renderSchema(name: string, schema: Schema): Html {
  const id = anchor.schema(name)
  const limits = limitsOf(withoutExample(schema))
  return html`<section class="schema" id="${id}"><h3><a href="#${id}">${name}</a></h3>
${schema.description && html`<p>${prose(schema.description)}</p>`}
${hasFields(schema) ? fields(schema) : html`<p class="type">${typeOf(schema)}</p>`}
${limits.length > 0 && html`<p class="limits">${limits}</p>`}
${choices(schema)}</section>`
}

function choices({ anyOf = [], oneOf = [] }: Schema): Content {
  return [...anyOf, ...oneOf].filter(hasFields).map((one) => fields(one))
}

/** An object's example is shown with the calls that take or give it. */
function withoutExample({ example: _, ...schema }: Schema): Schema {
  return schema
}
