/** How the operations of telling others are called in strangers.test.ts. */
export type EventIds = { webhook: string; delivery: string; doomedHook: string }

const url = 'https://hooks.test/in'
const hook = ({ webhook }: EventIds) => `/v1/webhooks/${webhook}`

export const EVENT_CALLS = {
  'get /v1/events': [{ path: () => '/v1/events', status: 200, foreign: false }],
  'get /v1/events/stream': [{ path: () => '/v1/events/stream', status: 200, foreign: false }],
  'get /v1/webhooks': [{ path: () => '/v1/webhooks', status: 200, foreign: false }],
  'post /v1/webhooks': [{ path: () => '/v1/webhooks', json: { url }, status: 201, foreign: false }],
  'get /v1/webhooks/{id}': [{ path: hook, status: 200, foreign: true }],
  'patch /v1/webhooks/{id}': [{ path: hook, json: { description: 'mine' }, status: 200, foreign: true }],
  'post /v1/webhooks/{id}/rotate-secret': [
    { path: (ids: EventIds) => `${hook(ids)}/rotate-secret`, json: {}, status: 200, foreign: true },
  ],
  'post /v1/webhooks/{id}/test': [{ path: (ids: EventIds) => `${hook(ids)}/test`, status: 202, foreign: true }],
  'get /v1/webhooks/{id}/deliveries': [
    { path: (ids: EventIds) => `${hook(ids)}/deliveries`, status: 200, foreign: true },
  ],
  'post /v1/webhooks/{id}/deliveries/{delivery}/replay': [
    { path: (ids: EventIds) => `${hook(ids)}/deliveries/${ids.delivery}/replay`, status: 202, foreign: true },
  ],
  'post /v1/webhooks/{id}/replay': [
    { path: (ids: EventIds) => `${hook(ids)}/replay`, json: { since: null }, status: 202, foreign: true },
  ],
  'delete /v1/webhooks/{id}': [
    { path: ({ doomedHook }: EventIds) => `/v1/webhooks/${doomedHook}`, status: 204, foreign: true },
  ],
}
