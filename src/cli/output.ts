/**
 * What of wrangler's output a reader wants to see: the Worker's own lines (its JSON log, a stack trace) and a failed
 * rebuild, not the talk of the tool about itself.
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
  // A machine without a network: the Worker's own log says that DNS could not be asked.
  /failed to lookup address information/,
  /^ {2}stack: .*\/workerd@/,
]

export function isWorth(line: string): boolean {
  return line.trim() !== '' && !TALK.some((talk) => talk.test(line))
}

/** wrangler says so when the Worker does not compile; it then waits for a change that, at the start, nobody will make. */
export function isBuildFailure(line: string): boolean {
  return /Build failed with \d+ error/.test(line)
}
