/** How the operations of telling others are called in strangers.test.ts. */
export const EVENT_CALLS = {
  'get /v1/events': [{ path: () => '/v1/events', status: 200, foreign: false }],
  'get /v1/events/stream': [{ path: () => '/v1/events/stream', status: 200, foreign: false }],
}
