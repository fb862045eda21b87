/** How the operations that make messages, by sending or importing, are called in strangers.test.ts. */
import { plainMessage } from '../../helpers/world.ts'

export type NewMessageIds = { message: string; mailbox: string; submission: string }

const to = ['stranger@a.example']

export const NEW_MESSAGE_CALLS = {
  'post /v1/messages/send': [
    { path: () => '/v1/messages/send', json: { to, text: 'word' }, status: 202, foreign: false },
  ],
  'post /v1/messages/{id}/reply': [
    {
      path: ({ message }: NewMessageIds) => `/v1/messages/${message}/reply`,
      json: { to, text: 'word' },
      status: 202,
      foreign: true,
    },
  ],
  'get /v1/submissions': [{ path: () => '/v1/submissions', status: 200, foreign: false }],
  'get /v1/submissions/{id}': [
    { path: ({ submission }: NewMessageIds) => `/v1/submissions/${submission}`, status: 200, foreign: true },
  ],
  'post /v1/messages/import': [
    { path: () => '/v1/messages/import', raw: plainMessage(), status: 201, foreign: false },
    {
      path: ({ mailbox }: NewMessageIds) => `/v1/messages/import?mailbox=${mailbox}`,
      raw: plainMessage(),
      status: 201,
      foreign: true,
    },
  ],
}
