#!/usr/bin/env node
/**
 * `npm run spam:eval`: how well the filter tells spam from ham on mail that its user has labelled.
 *
 *   --test LIST              scores each message as one that has just come, for an account of its own
 *   --train LIST             teaches the account first, each message a report, in a shuffled order
 *   --online LIST            scores each in order, and then reports its label where the verdict was wrong. Ham that stays in the
 *                            Inbox is kept, and taken for ham as the server does it, where the model is short of ham
 *   --feedback all           with --online: reports every label
 *   --without-shipped        leaves the shipped model out, for archives that it was trained on
 *   --out FILE               path, label, score, verdict and tags of each message
 *   --json                   the figures as one JSON object
 *
 * A list has `path<TAB>label` a line. It all goes through the code of the pipeline: parse, verdict, score, learn.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { readMailList, shuffled } from './mail-list.ts'
import { type Figures, figuresOf, figuresText, scoresText } from './report.ts'
import { TestAccount } from './test-account.ts'

const TRAINING_SEED = 20_071

const { values } = parseArgs({
  options: {
    test: { type: 'string' },
    train: { type: 'string' },
    online: { type: 'string' },
    feedback: { type: 'string', default: 'mistakes' },
    'without-shipped': { type: 'boolean', default: false },
    out: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})

const list = values.online ?? values.test
if (list === undefined || !['all', 'mistakes'].includes(values.feedback)) {
  console.error('usage: npm run spam:eval -- --test LIST [--train LIST] | --online LIST [--feedback all]')
  console.error('       [--without-shipped] [--out FILE] [--json]')
  process.exit(2)
}

const account = new TestAccount({ withShipped: !values['without-shipped'] })
if (values.train !== undefined)
  for (const mail of shuffled(readMailList(values.train), TRAINING_SEED)) await account.report(mail)
for (const mail of readMailList(list)) {
  const isWrong = await account.score(mail)
  if (values.online === undefined) continue
  if (isWrong || values.feedback === 'all') await account.report(mail)
  else if (mail.label === 'ham') await account.keep(mail)
}

const figures: Figures = figuresOf(account)
if (values.out !== undefined) writeFileSync(values.out, scoresText(account.scored))
console.log(values.json ? JSON.stringify(figures, null, 2) : figuresText(figures))
