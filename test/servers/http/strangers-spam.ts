/** How the operations of the spam filter and of the quarantine are called in strangers.test.ts. */
import { emptyLearned, sealLearned } from '../../../src/spam/learned/learned.ts'
import { plainMessage } from '../../helpers/world.ts'

/** `held` is read, `released` and `doomed` leave the quarantine. */
export type SpamIds = { message: string; entry: string; held: string; released: string; doomed: string }

export const SPAM_CALLS = {
  'post /v1/messages/{id}/report': [
    {
      path: ({ message }: SpamIds) => `/v1/messages/${message}/report`,
      json: { as: 'ham' },
      status: 200,
      foreign: true,
    },
  ],
  'delete /v1/messages/{id}/report': [
    { path: ({ message }: SpamIds) => `/v1/messages/${message}/report`, status: 204, foreign: true },
  ],
  'post /v1/messages/report': [
    { path: () => '/v1/messages/report', json: { ids: ['msg_1'], as: 'spam' }, status: 200, foreign: false },
  ],
  'get /v1/quarantine': [{ path: () => '/v1/quarantine', status: 200, foreign: false }],
  'get /v1/quarantine/{id}': [
    { path: ({ held }: SpamIds) => `/v1/quarantine/${held}?html=sanitized`, status: 200, foreign: true },
  ],
  'post /v1/quarantine/{id}/release': [
    { path: ({ released }: SpamIds) => `/v1/quarantine/${released}/release`, json: {}, status: 200, foreign: true },
  ],
  'delete /v1/quarantine/{id}': [
    { path: ({ doomed }: SpamIds) => `/v1/quarantine/${doomed}`, status: 204, foreign: true },
  ],
  'get /v1/spam/lists': [{ path: () => '/v1/spam/lists', status: 200, foreign: false }],
  'post /v1/spam/lists': [
    { path: () => '/v1/spam/lists', json: { entry: 'one@lists.example', list: 'block' }, status: 201, foreign: false },
  ],
  'delete /v1/spam/lists/{id}': [
    { path: ({ entry }: SpamIds) => `/v1/spam/lists/${entry}`, status: 204, foreign: true },
  ],
  'get /v1/spam/settings': [{ path: () => '/v1/spam/settings', status: 200, foreign: false }],
  'patch /v1/spam/settings': [{ path: () => '/v1/spam/settings', json: { threshold: 6 }, status: 200, foreign: false }],
  'get /v1/spam/model': [{ path: () => '/v1/spam/model', status: 200, foreign: false }],
  'get /v1/spam/model/export': [{ path: () => '/v1/spam/model/export', status: 200, foreign: false }],
  'put /v1/spam/model': [
    { path: () => '/v1/spam/model', json: sealLearned(emptyLearned()), status: 200, foreign: false },
  ],
  'delete /v1/spam/model': [{ path: () => '/v1/spam/model', status: 204, foreign: false }],
  'post /v1/spam/check': [{ path: () => '/v1/spam/check', raw: plainMessage(), status: 200, foreign: false }],
  'post /v1/spam/train': [
    {
      path: () => '/v1/spam/train',
      json: { as: 'ham', messages: [btoa(plainMessage())] },
      status: 200,
      foreign: false,
    },
  ],
}
