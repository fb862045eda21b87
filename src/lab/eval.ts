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
import { figuresOf, figuresText, scoresText } from './report.ts'
import { TestAccount } from './test-account.ts'

const TRAINING_SEED = 20_071

const USAGE = `usage: npm run spam:eval -- --test LIST [--train LIST] | --online LIST [--feedback all]
       [--without-shipped] [--out FILE] [--json]
A list has a line for each message: its path, a tab, and ham or spam.`

try {
  await evaluate(readArguments())
} catch (error) {
  // A list that cannot be read, for the most part: its reader needs the reason and no stack.
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

async function evaluate(options: ReturnType<typeof readArguments>): Promise<void> {
  const account = new TestAccount({ withShipped: !options['without-shipped'] })
  if (options.train !== undefined)
    for (const mail of shuffled(readMailList(options.train), TRAINING_SEED)) await account.report(mail)
  for (const mail of readMailList(options.list)) {
    const isWrong = await account.score(mail)
    if (options.online === undefined) continue
    if (isWrong || options.feedback === 'all') await account.report(mail)
    else if (mail.label === 'ham') await account.keep(mail)
  }
  const figures = figuresOf(account)
  if (options.out !== undefined) writeFileSync(options.out, scoresText(account.scored))
  console.log(options.json ? JSON.stringify(figures, null, 2) : figuresText(figures))
}

function readArguments() {
  const values = parsedArguments()
  const list = values?.online ?? values?.test
  if (!values || list === undefined || !['all', 'mistakes'].includes(values.feedback)) {
    console.error(USAGE)
    process.exit(2)
  }
  return { ...values, list }
}

/** Null for what is no option of this command. */
function parsedArguments() {
  try {
    return parseArgs({
      options: {
        test: { type: 'string' },
        train: { type: 'string' },
        online: { type: 'string' },
        feedback: { type: 'string', default: 'mistakes' },
        'without-shipped': { type: 'boolean', default: false },
        out: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    }).values
  } catch {
    return null
  }
}
