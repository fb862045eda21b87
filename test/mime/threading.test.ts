import { expect, test } from 'vitest'
import { baseSubject, THREAD_REFS_MAX, threadKeys } from '../../src/mime/threading.ts'

test.each([
  ['Topic', 'Topic'],
  ['Re: Topic', 'Topic'],
  ['RE: Fwd: re: FW: Topic', 'Topic'],
  ['Re[4]: Topic', 'Topic'],
  ['Re : Topic', 'Topic'],
  ['Re: [list] Re: Topic (fwd) (fwd)', 'Topic'],
  ['[Fwd: Re: Topic]', 'Topic'],
  ['AW: WG: Topic', 'Topic'],
  ['SV: VS: Antw: RV: Topic', 'Topic'],
  ['回复：Topic', 'Topic'],
  ['答复: 转发: Topic', 'Topic'],
  ['  Topic \t with   spaces ', 'Topic with spaces'],
  ['[only]', '[only]'],
  ['Re: [only]', '[only]'],
  ['Re:', ''],
  ['', ''],
  ['Regarding: Topic', 'Regarding: Topic'],
  ['Reply', 'Reply'],
])('%s has the base subject %s', (subject, want) => {
  expect(baseSubject(subject)).toBe(want)
})

const message = (messageId: string | null, subject: string, references: string[] = [], inReplyTo: string[] = []) => ({
  envelope: { messageId, subject },
  references,
  inReplyTo,
})

test('a reply names the key of what it answers, unless the subject changed', () => {
  const first = threadKeys(message('a@x', 'Topic'))
  expect(threadKeys(message('b@x', 'Re: topic', ['a@x'])).refs).toEqual([first.own])
  expect(threadKeys(message('b@x', 'AW: Topic', [], ['a@x'])).refs).toEqual([first.own])
  expect(threadKeys(message('b@x', 'Another', ['a@x'])).refs).not.toContain(first.own)
})

test('of many references the first and the last nine count, its own id never', () => {
  const ids = Array.from({ length: 40 }, (_, n) => `${n}@x`)
  const keys = threadKeys(message('5@x', 'T', ids, ['39@x', '41@x'])).refs
  const want = ['0@x', ...ids.slice(32), '41@x'].map((id) => threadKeys(message(id, 'T')).own)
  expect(keys).toEqual(want)
  expect(keys).toHaveLength(THREAD_REFS_MAX)
})

test('keys are integers of 53 bits, and none without a Message-ID', () => {
  const owns = Array.from({ length: 2_000 }, (_, n) => threadKeys(message(`${n}`, '')).own ?? -1)
  expect(owns.every((own) => Number.isSafeInteger(own) && own >= 0)).toBe(true)
  expect(Math.max(...owns)).toBeGreaterThan(2 ** 52)
  expect(new Set(owns).size).toBe(owns.length)
  expect(threadKeys(message(null, 'T')).own).toBeNull()
})
