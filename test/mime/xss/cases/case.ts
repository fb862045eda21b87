/** A hostile mail: what it tries, and its HTML. A script that runs calls alert(); whatever is loaded comes from OUT. */
export type HostileCase = { name: string; html: string }

/** Where no request may ever go. */
export const OUT = 'https://out.example'

export const named = (cases: Record<string, string>): HostileCase[] =>
  Object.entries(cases).map(([name, html]) => ({ name, html }))
