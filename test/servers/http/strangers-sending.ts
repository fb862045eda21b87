/** How the operations of sending are called in strangers.test.ts. */
export type SendingIds = {
  message: string
  submission: string
  suppression: string
  template: string
  doomedTemplate: string
  draft: string
  sentDraft: string
  doomedDraft: string
  madeDraft: string
}

const to = ['stranger@a.example']

export const SENDING_CALLS = {
  'post /v1/messages/send': [
    { path: () => '/v1/messages/send', json: { to, text: 'word' }, status: 202, foreign: false },
  ],
  'post /v1/messages/{id}/reply': [
    {
      path: ({ message }: SendingIds) => `/v1/messages/${message}/reply`,
      json: { to, text: 'word' },
      status: 202,
      foreign: true,
    },
  ],
  'post /v1/messages/send-batch': [
    { path: () => '/v1/messages/send-batch', json: { messages: [{ to, text: 'word' }] }, status: 200, foreign: false },
  ],
  'post /v1/messages/send-raw': [
    {
      path: () => '/v1/messages/send-raw?recipients=stranger@a.example',
      raw: 'From: owner@a.example\r\n\r\nword\r\n',
      status: 202,
      foreign: false,
    },
  ],
  'post /v1/messages/{id}/reply-all': [
    {
      path: ({ message }: SendingIds) => `/v1/messages/${message}/reply-all`,
      json: { to, cc: [], text: 'word', quote: true },
      status: 202,
      foreign: true,
    },
  ],
  'post /v1/messages/{id}/forward': [
    {
      path: ({ message }: SendingIds) => `/v1/messages/${message}/forward`,
      json: { to, text: 'word' },
      status: 202,
      foreign: true,
    },
  ],
  'get /v1/templates': [{ path: () => '/v1/templates', status: 200, foreign: false }],
  'post /v1/templates': [
    { path: () => '/v1/templates', json: { name: 'posted', text: 'word' }, status: 201, foreign: false },
  ],
  'get /v1/templates/{id}': [
    { path: ({ template }: SendingIds) => `/v1/templates/${template}`, status: 200, foreign: true },
  ],
  'patch /v1/templates/{id}': [
    {
      path: ({ template }: SendingIds) => `/v1/templates/${template}`,
      json: { text: 'b' },
      status: 200,
      foreign: true,
    },
  ],
  'post /v1/templates/{id}/preview': [
    { path: ({ template }: SendingIds) => `/v1/templates/${template}/preview`, json: {}, status: 200, foreign: true },
  ],
  'delete /v1/templates/{id}': [
    { path: ({ doomedTemplate }: SendingIds) => `/v1/templates/${doomedTemplate}`, status: 204, foreign: true },
  ],
  'get /v1/drafts': [{ path: () => '/v1/drafts', status: 200, foreign: false }],
  'post /v1/drafts': [{ path: () => '/v1/drafts', json: { text: 'word' }, status: 201, foreign: false }],
  'post /v1/drafts/adopt': [
    {
      path: () => '/v1/drafts/adopt',
      json: ({ madeDraft }: SendingIds) => ({ message: madeDraft }),
      status: 201,
      foreign: false,
    },
  ],
  'get /v1/drafts/{id}': [{ path: ({ draft }: SendingIds) => `/v1/drafts/${draft}`, status: 200, foreign: true }],
  'patch /v1/drafts/{id}': [
    { path: ({ draft }: SendingIds) => `/v1/drafts/${draft}`, json: { text: 'words' }, status: 200, foreign: true },
  ],
  'post /v1/drafts/{id}/attachments': [
    {
      path: ({ draft }: SendingIds) => `/v1/drafts/${draft}/attachments?filename=a.bin`,
      raw: 'bytes',
      status: 200,
      foreign: true,
    },
  ],
  'delete /v1/drafts/{id}/attachments/{part}': [
    { path: ({ draft }: SendingIds) => `/v1/drafts/${draft}/attachments/2`, status: 200, foreign: true },
  ],
  'post /v1/drafts/{id}/send': [
    { path: ({ sentDraft }: SendingIds) => `/v1/drafts/${sentDraft}/send`, status: 202, foreign: true },
  ],
  'delete /v1/drafts/{id}': [
    { path: ({ doomedDraft }: SendingIds) => `/v1/drafts/${doomedDraft}`, status: 204, foreign: true },
  ],
  'get /v1/submissions': [{ path: () => '/v1/submissions', status: 200, foreign: false }],
  'get /v1/submissions/{id}': [
    { path: ({ submission }: SendingIds) => `/v1/submissions/${submission}`, status: 200, foreign: true },
  ],
  'post /v1/submissions/{id}/cancel': [
    { path: ({ submission }: SendingIds) => `/v1/submissions/${submission}/cancel`, status: 200, foreign: true },
  ],
  'post /v1/submissions/{id}/resend': [
    { path: ({ submission }: SendingIds) => `/v1/submissions/${submission}/resend`, status: 409, foreign: true },
  ],
  'post /v1/submissions/{id}/dismiss': [
    { path: ({ submission }: SendingIds) => `/v1/submissions/${submission}/dismiss`, status: 409, foreign: true },
  ],
  'get /v1/suppressions': [{ path: () => '/v1/suppressions', status: 200, foreign: false }],
  'post /v1/suppressions': [
    { path: () => '/v1/suppressions', json: { address: 'one@lists.example' }, status: 201, foreign: false },
  ],
  'post /v1/suppressions/import': [
    { path: () => '/v1/suppressions/import', raw: 'two@lists.example', type: 'text/csv', status: 200, foreign: false },
  ],
  'get /v1/suppressions/export': [{ path: () => '/v1/suppressions/export', status: 200, foreign: false }],
  'delete /v1/suppressions/{id}': [
    { path: ({ suppression }: SendingIds) => `/v1/suppressions/${suppression}`, status: 204, foreign: true },
  ],
}
