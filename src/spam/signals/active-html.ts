/** HTML that acts: forms, scripts, pages that load others. Mail programs run none of it, and honest mailers know that. */
import type { Facts } from '../facts.ts'
import { type Finding, found } from '../finding.ts'

/** A page inside its own address, or a file of the reader's network. A script in a link is a web page's leftover. */
const DATA_PAGE = /^\s*(?:data:(?:text\/html|application\/xhtml|image\/svg)|vbscript:|file:\/\/|\\\\\w)/i

export function activeHtmlSignals({ html, isBounce, isList }: Facts): Finding[] {
  if (isBounce || isList) return []
  const findings: Finding[] = []
  if (html.passwordFields > 0) findings.push(found('HTML_PASSWORD'))
  else if (html.formActions.some((action) => /^https?:/i.test(action))) {
    findings.push(found('HTML_FORM', html.formActions[0]))
  }
  if (html.scripts > 0) findings.push(found('HTML_SCRIPT'))
  if (html.refreshes > 0) findings.push(found('HTML_REFRESH'))
  const data = html.hrefs.find((href) => DATA_PAGE.test(href))
  if (data) findings.push(found('URL_DATA', data))
  return findings
}
