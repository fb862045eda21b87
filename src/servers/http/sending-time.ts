/** When a message is sent, as the bodies of the routes that send have it. */
import { z } from '@hono/zod-openapi'
import { type Timing, UNDO_SECONDS_MAX } from '../../outbound/timing.ts'

export const timingFields = {
  send_at: z.iso.datetime({ offset: true }).optional().openapi({
    description:
      'Sent then, to the minute, and dated so; at most a year ahead; at once where it has passed. Until then `/v1/submissions/{id}/cancel` takes it back.',
    example: '2026-03-01T12:00:00Z',
  }),
  undo_seconds: z.int().min(0).max(UNDO_SECONDS_MAX).optional().openapi({
    description: 'It waits so many seconds at the least, and may be cancelled meanwhile.',
  }),
}

/** The same for a route whose body is something else. */
export const timingQuery = {
  send_at: timingFields.send_at,
  undo_seconds: z.coerce.number().int().min(0).max(UNDO_SECONDS_MAX).optional().openapi({
    description: 'It waits so many seconds at the least, and may be cancelled meanwhile.',
  }),
}

export function readTiming(given: { send_at?: string | undefined; undo_seconds?: number | undefined }): Timing {
  const { send_at, undo_seconds } = given
  return {
    ...(send_at === undefined ? {} : { sendAt: Math.floor(Date.parse(send_at) / 1000) }),
    ...(undo_seconds === undefined ? {} : { undoSeconds: undo_seconds }),
  }
}
