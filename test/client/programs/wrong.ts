/** The mistakes that the generated types must catch. Each line that ends in "wrong" is one, and no other line is. */
import createClient from 'openapi-fetch'
import type { components, paths } from './api.ts'

const postern = createClient<paths, `application/${string}`>({ baseUrl: 'https://postern.test' })
const params = { path: { id: 'msg_zzz' } }

type Change = components['schemas']['MessageChange']
const change: Change = { unraed: false } // wrong: no such field
const nested: Change = { keywords: { ad: ['orchard'] } } // wrong: no such field inside
await postern.PATCH('/v1/messages/{id}', { params, body: change })
await postern.PATCH('/v1/messages/{id}', { params, body: nested })

await postern.GET('/v1/mail') // wrong: no such path
await postern.POST('/v1/me') // wrong: no such method
await postern.PATCH('/v1/messages/{id}', { params, body: { unread: 'no' } }) // wrong: not a boolean
await postern.PATCH('/v1/messages/{id}', { params, body: { unread: false } })
await postern.POST('/v1/mailboxes', { body: { parent_id: null } }) // wrong: a name is required
await postern.POST('/v1/mailboxes', { body: { name: 'Orchard', role: 'garden' } }) // wrong: no such role
await postern.GET('/v1/messages', { params: { query: { limt: 5 } } }) // wrong: no such parameter

const { data } = await postern.GET('/v1/messages/{id}', { params })
console.log(data?.subject)
console.log(data.subject) // wrong: there may be a problem instead
console.log(data?.body) // wrong: an answer has no such field
