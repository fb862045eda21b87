/** The answer of an account whose owner is away, on the wire. */
import { z } from '@hono/zod-openapi'
import { DAYS_DEFAULT, DAYS_MAX, type Vacation } from '../../access/vacation.ts'
import { SUBJECT_CHARS_MAX } from '../../mime/compose-check.ts'
import { secondParam } from './message-filter.ts'
import { formatOptionalTime, line, time } from './schemas.ts'

/** Of the text and of the HTML, each: a body of few fields takes both. */
const BODY_CHARS_MAX = 20_000

const body = (description: string) =>
  z
    .string()
    .max(BODY_CHARS_MAX, `must have at most ${BODY_CHARS_MAX} characters`)
    .refine((text) => text.isWellFormed() && !text.includes('\0'), 'must not have NUL or halves of surrogate pairs')
    .nullable()
    .openapi({ description })

const TEXTS = {
  enabled: 'Whether senders are answered.',
  starts_at: 'From when on. Null: from now on.',
  ends_at: 'Until when. Null: until it is switched off.',
  days: `A sender is answered once in so many days; ${DAYS_DEFAULT} where it is left out.`,
  subject: "Null: 'Auto: ' and the subject that is answered.",
  text: 'Null: made from html, or where there is none, a sentence of the server.',
  html: 'Null: the answer is text alone.',
}

export const vacation = z
  .object({
    enabled: z.boolean().openapi({ description: TEXTS.enabled }),
    starts_at: time.nullable().openapi({ description: TEXTS.starts_at }),
    ends_at: time.nullable().openapi({ description: TEXTS.ends_at }),
    days: z.int().min(1).max(DAYS_MAX).openapi({ description: TEXTS.days }),
    subject: z.string().nullable().openapi({ description: TEXTS.subject }),
    text: z.string().nullable().openapi({ description: TEXTS.text }),
    html: z.string().nullable().openapi({ description: TEXTS.html }),
  })
  .openapi('Vacation')

export const newVacation = z
  .strictObject({
    enabled: z.boolean().openapi({ description: TEXTS.enabled }),
    starts_at: secondParam(TEXTS.starts_at).nullable().default(null),
    ends_at: secondParam(TEXTS.ends_at).nullable().default(null),
    days: z.int().min(1).max(DAYS_MAX).default(DAYS_DEFAULT).openapi({ description: TEXTS.days }),
    subject: line(SUBJECT_CHARS_MAX, TEXTS.subject).nullable().default(null),
    text: body(TEXTS.text).default(null),
    html: body(TEXTS.html).default(null),
  })
  .openapi('NewVacation')

export function readVacationChange(change: z.infer<typeof newVacation>): Vacation {
  const { enabled, starts_at, ends_at, days, subject, text, html } = change
  return { isEnabled: enabled, startsAt: starts_at, endsAt: ends_at, days, subject, text, html }
}

export function renderVacation(one: Vacation): z.infer<typeof vacation> {
  return {
    enabled: one.isEnabled,
    starts_at: formatOptionalTime(one.startsAt),
    ends_at: formatOptionalTime(one.endsAt),
    days: one.days,
    subject: one.subject,
    text: one.text,
    html: one.html,
  }
}
