/** The HTTP API, as a command calls it: JSON in, JSON out, a problem as a value. */
const REQUEST_TIMEOUT_MS = 30_000
/** A cursor that does not come to an end is a defect of the server, not a reason to hang. */
const PAGES_MAX = 1_000

export type Api = ReturnType<typeof connectApi>
type Answer<T> = { status: number; body: T }

export function connectApi(url: string, key: string) {
  async function call<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer<T>> {
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    })
    const text = await response.text()
    return { status: response.status, body: parseBody(text) as T }
  }

  /** The first of a list that fits, page by page. */
  async function find<T>(path: string, fits: (item: T) => boolean): Promise<T | undefined> {
    let query = ''
    for (let page = 0; page < PAGES_MAX; page++) {
      const { status, body } = await call<{ data: T[]; has_more?: boolean; next_cursor?: string | null }>(
        'GET',
        path + query,
      )
      if (status !== 200) throw new Error(describe('GET', path, { status, body }))
      const found = body.data.find(fits)
      if (found || !body.has_more || !body.next_cursor) return found
      query = `?cursor=${encodeURIComponent(body.next_cursor)}`
    }
    return undefined
  }

  /** What the request made; undefined when it exists already. */
  async function create<T>(path: string, body: object): Promise<T | undefined> {
    const answer = await call<T>('POST', path, body)
    if (answer.status === 201 || answer.status === 200) return answer.body
    if (answer.status === 409) return undefined
    throw new Error(describe('POST', path, answer))
  }

  const status = async (path: string) => (await call('GET', path)).status
  return { find, create, status }
}

function describe(method: string, path: string, { status, body }: Answer<unknown>): string {
  const problem = body as { detail?: string; title?: string } | undefined
  return `${method} ${path} answered ${status}: ${problem?.detail ?? problem?.title ?? 'no reason given'}`
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
