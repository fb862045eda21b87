/**
 * What of wrangler's output a reader wants to see: the Worker's own lines. Its JSON log always passes; the rest passes
 * once the server is up (a stack trace, a failed rebuild), but not the talk of the tool about itself.
 */
const TALK = [
  /^\[wrangler:info\]/,
  /^⎔ /,
  /^Your Worker has access to the following bindings:/,
  /^Binding\s+Resource\s+Mode$/,
  /^env\.\w+ \(/,
  /^Using secrets defined in /,
  /^Cloudflare collects anonymous telemetry/,
  /Scheduled Workers are not automatically triggered/,
  /^ {2}To manually trigger a scheduled event/,
  /^ {4}curl "http.*scheduled"/,
  /^ {2}For more details, see .*cron-triggers/,
]

export function isWorth(line: string, phase: 'starting' | 'running'): boolean {
  if (isJsonObject(line)) return true
  if (phase === 'starting' || line.trim() === '') return false
  return !TALK.some((talk) => talk.test(line))
}

/** wrangler says so when the Worker does not compile; it then waits for a change that, at the start, nobody will make. */
export function isBuildFailure(line: string): boolean {
  return /Build failed with \d+ error/.test(line)
}

function isJsonObject(line: string): boolean {
  if (!line.startsWith('{') || !line.endsWith('}')) return false
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}
