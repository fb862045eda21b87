/** The time as it is stored: whole seconds since 1970. */
export function seconds(deps: { now(): number }): number {
  return Math.floor(deps.now() / 1000)
}
