/** The reference's whole style: system fonts, light and dark, one column on a phone. The page's policy admits it by its hash. */
export const STYLE = `
:root {
  --text: #1b1f24; --soft: #5a636e; --line: #e1e5ea; --back: #ffffff; --panel: #f6f7f9; --link: #0b5cad; --mark: #b3261e;
  --get: #0b6b3a; --post: #0b5cad; --patch: #8a5a00; --delete: #b3261e;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e3e7ec; --soft: #9aa4b0; --line: #2b323b; --back: #14171b; --panel: #1c2026; --link: #7ab8f5; --mark: #ff9a91;
    --get: #6fd39b; --post: #7ab8f5; --patch: #e3b341; --delete: #ff9a91;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; color: var(--text); background: var(--back); font: 15px/1.6 var(--sans); overflow-wrap: break-word; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
h1, h2, h3, h4 { line-height: 1.25; margin: 0; font-weight: 650; }
h1 { font-size: 2rem; letter-spacing: -0.02em; }
h2 { font-size: 1.5rem; letter-spacing: -0.015em; }
h3 { font-size: 1.12rem; letter-spacing: -0.005em; }
h4 { font-size: 0.8rem; color: var(--soft); margin: 1.75rem 0 0.5rem; text-transform: uppercase; letter-spacing: 0.05em; }
h2 a, h3 a { color: inherit; }
p { margin: 0.6rem 0; max-width: 46rem; }
ul { padding-left: 1.2rem; max-width: 46rem; }
li { margin: 0.35rem 0; }
code, pre { font-family: var(--mono); font-size: 0.87em; }
code { overflow-wrap: anywhere; }
p > code, li > code, td > code { background: var(--panel); border-radius: 3px; padding: 0.1em 0.3em; }
pre { margin: 0; padding: 0.9rem 1rem; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; overflow: auto; line-height: 1.5; max-width: 46rem; }
pre code { font-size: 1em; overflow-wrap: normal; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--back); padding: 0.5rem; z-index: 1; }
.lead { color: var(--soft); }

main { padding: 1.5rem 1.1rem 6rem; min-width: 0; }
.chapter { margin-top: 3.5rem; padding-top: 2rem; border-top: 1px solid var(--line); }
.operation, .schema { margin-top: 2.5rem; padding-top: 2.25rem; border-top: 1px solid var(--line); }
.call { margin: 0.5rem 0 0.9rem; font-size: 0.95rem; }
.call > code { padding: 0; background: none; }
.method { font: 650 0.72rem/1 var(--mono); letter-spacing: 0.02em; color: var(--soft); }
.method.get { color: var(--get); }
.method.post { color: var(--post); }
.method.patch, .method.put { color: var(--patch); }
.method.delete { color: var(--delete); }
.call .method { font-size: 0.82rem; margin-right: 0.3rem; }
.access { color: var(--soft); font-size: 0.9rem; }

dl { margin: 0; }
dd { margin: 0; }
.field { padding: 0.65rem 0; border-top: 1px solid var(--line); }
.field > dt > code { font-weight: 600; }
.field p { margin: 0.2rem 0; }
.type { color: var(--soft); font-size: 0.87rem; margin-left: 0.25rem; }
p.type { margin-left: 0; }
.required { color: var(--mark); font-size: 0.8rem; margin-left: 0.35rem; }
.schema .required { color: var(--soft); }
.limits { color: var(--soft); font-size: 0.84rem; display: flex; flex-wrap: wrap; gap: 0.1rem 0.9rem; }
.limits > span { min-width: 0; overflow-wrap: anywhere; }
.field .fields { margin: 0.4rem 0 0.2rem; padding-left: 1rem; border-left: 2px solid var(--line); }
.field .fields > .field:first-child { border-top: 0; }
.answers > div { display: grid; grid-template-columns: 3rem minmax(0, 1fr); padding: 0.5rem 0; border-top: 1px solid var(--line); }
.answers p { margin: 0 0 0.15rem; }
.status { font-weight: 600; }
.headers { font-size: 0.8rem; color: var(--soft); }
.headers a { color: inherit; }
summary { cursor: pointer; color: var(--soft); font-size: 0.87rem; padding: 0.35rem 0; }
summary:hover { color: var(--text); }

figure { margin: 1.25rem 0 0; }
figcaption { font-size: 0.8rem; color: var(--soft); margin-bottom: 0.35rem; }
.samples pre { max-height: 26rem; font-size: 0.8rem; max-width: none; }
.wide { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: 0.92rem; min-width: 100%; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: 0.8rem; }
th, td { padding: 0.45rem 1.25rem 0.45rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td:first-child > code { white-space: nowrap; line-height: 1.9; }
:target { scroll-margin-top: 1rem; }
.field:target, .schema:target > h3, .operation:target > h3 { background: color-mix(in srgb, var(--link) 10%, transparent); box-shadow: 0 0 0 0.4rem color-mix(in srgb, var(--link) 10%, transparent); border-radius: 2px; }

nav { padding: 1.25rem 1.1rem 1rem; background: var(--panel); border-bottom: 1px solid var(--line); font-size: 0.9rem; }
nav .brand { margin: 0 0 0.75rem; font-weight: 650; font-size: 1.05rem; }
nav .brand a { color: var(--text); }
nav ul { list-style: none; margin: 0; padding: 0; }
nav li { margin: 0; }
nav li a { display: flex; gap: 0.5rem; padding: 0.22rem 0; color: var(--text); overflow-wrap: anywhere; line-height: 1.4; }
nav li .method { flex: 0 0 3.1rem; font-size: 0.64rem; line-height: 1.95; }
nav details { border-top: 1px solid var(--line); margin-top: 0.4rem; padding-top: 0.25rem; }
nav details ul { font-size: 0.84rem; padding-bottom: 0.4rem; }
nav summary { font-weight: 600; color: var(--text); }

@media (max-width: 40rem) {
  nav > ul { columns: 2; }
  nav details { margin-top: 0; padding: 0.1rem 0; }
  thead { display: none; }
  tr { display: block; padding: 0.6rem 0; border-bottom: 1px solid var(--line); }
  td { display: inline; padding: 0 0.6rem 0 0; border: 0; }
  td:last-child { display: block; }
  td:first-child > code { white-space: normal; }
}
@media (min-width: 60rem) {
  body { display: grid; grid-template-columns: 17.5rem minmax(0, 1fr); }
  nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; overscroll-behavior: contain; border-bottom: 0; border-right: 1px solid var(--line); }
  main { padding: 2.5rem 3rem 8rem; max-width: 82rem; }
}
@media (min-width: 75rem) {
  .columns { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 24rem); gap: 2.5rem; }
  .samples { position: sticky; top: 1rem; align-self: start; max-height: calc(100vh - 2rem); overflow-y: auto; }
  .samples > figure:first-child { margin-top: 0.6rem; }
}
@media print { nav { display: none; } }
`
