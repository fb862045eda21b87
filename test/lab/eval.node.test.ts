/** The evaluation as it is called: lists of files, trained and scored, with the figures that the scores lead to. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { shippedBuckets, shippedLogit } from '../../src/spam/shipped/shipped.ts'
import { letter, parsed } from '../spam/learned/mailbag.ts'

let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-eval-'))
  mkdirSync(join(folder, 'mail'))
  list('train.tsv', 0, 40)
  list('test.tsv', 500, 30)
})

afterAll(() => rmSync(folder, { recursive: true }))

/** So many letters of each kind, ham and spam in turn, with paths relative to the list. */
function list(name: string, from: number, count: number): void {
  const lines = ['# path and label']
  for (let n = from; n < from + count; n++)
    for (const label of ['ham', 'spam'] as const) {
      const path = `mail/${label}-${n}.eml`
      writeFileSync(join(folder, path), letter(label, n))
      lines.push(`${path}\t${label}\tmore`)
    }
  writeFileSync(join(folder, name), lines.join('\n'))
}

const evaluate = (...args: string[]) =>
  execFileSync('node', ['src/lab/eval.ts', ...args.map((arg) => arg.replace('@', `${folder}/`))], { encoding: 'utf8' })

describe('npm run spam:train', () => {
  it('writes a model of its lists', async () => {
    const args = ['src/lab/train.ts', join(folder, 'train.tsv'), '--out', join(folder, 'weights.ts')]
    expect(execFileSync('node', args, { encoding: 'utf8' })).toMatch(
      /^trained on 40 ham and 40 spam; 0 of them judged wrong/,
    )
    const { WEIGHTS } = (await import(join(folder, 'weights.ts'))) as { WEIGHTS: string }
    const weights = new Int8Array(Buffer.from(WEIGHTS, 'base64'))
    const logit = async (label: 'ham' | 'spam') =>
      shippedLogit(weights, shippedBuckets(await parsed(letter(label, 500))))
    expect(await logit('ham')).toBeLessThan(-1)
    expect(await logit('spam')).toBeGreaterThan(1)
  })

  it('refuses to train on nothing', () => {
    expect(spawnSync('node', ['src/lab/train.ts']).status).toBe(2)
  })
})

describe('npm run spam:eval', () => {
  it('trains on one list and scores another', () => {
    const figures = JSON.parse(
      evaluate('--train', '@train.tsv', '--test', '@test.tsv', '--out', '@scores.tsv', '--json'),
    )
    expect(figures).toMatchObject({
      ham: 30,
      spam: 30,
      one_minus_roca_percent: 0,
      recall_percent: { at_0_1: 100 },
      at_threshold: { ham_lost: 0, spam_missed: 0, accuracy_percent: 100 },
      lessons: { reported: 80, implicit: 0 },
    })
    const rows = readFileSync(join(folder, 'scores.tsv'), 'utf8').trim().split('\n')
    expect(rows).toHaveLength(60)
    const [path, label, score, verdict, tags] = (rows[1] as string).split('\t')
    expect([path, label, verdict]).toEqual(['mail/spam-500.eml', 'spam', 'junk'])
    expect(Number(score)).toBeGreaterThanOrEqual(5)
    expect(tags).toMatch(/LEARNED_SPAM=/)
  })

  it('knows nothing on day one', () => {
    const figures = JSON.parse(evaluate('--test', '@test.tsv', '--without-shipped', '--json'))
    expect(figures.at_threshold).toMatchObject({ ham_lost: 0, spam_missed: 30 })
    expect(figures.lessons).toEqual({ reported: 0, implicit: 0 })
  })

  it('learns from its mistakes, and from ham that was kept', () => {
    const figures = JSON.parse(evaluate('--online', '@train.tsv', '--json'))
    expect(figures.lessons.reported).toBe(figures.at_threshold.ham_lost + figures.at_threshold.spam_missed)
    expect(figures.lessons.implicit).toBeGreaterThan(0)
    expect(figures.at_threshold.accuracy_percent).toBeGreaterThan(60)
  })

  it('learns every label where it is told to', () => {
    const figures = JSON.parse(evaluate('--online', '@train.tsv', '--feedback', 'all', '--json'))
    expect(figures.lessons).toEqual({ reported: 80, implicit: 0 })
  })

  it('has no figures of no mail', () => {
    writeFileSync(join(folder, 'empty.tsv'), '# nothing\n')
    expect(evaluate('--test', '@empty.tsv')).not.toMatch(/NaN/)
  })

  it('prints the figures for people', () => {
    expect(evaluate('--test', '@test.tsv')).toMatch(/1-ROCA .*%[\s\S]*at 0\.1 % ham loss[\s\S]*microseconds each/)
  })

  it.each([
    ['no list', [], /usage/],
    ['a wrong kind of feedback', ['--online', '@train.tsv', '--feedback', 'some'], /usage/],
    ['an option that it does not have', ['--tset', '@train.tsv'], /^usage/],
    ['a list that is not there', ['--test', '@none.tsv'], /^ENOENT.*none\.tsv'\n$/],
    ['a list with another label', ['--test', '@bad.tsv'], /^\S*bad\.tsv:2: "eggs" is neither ham nor spam\n$/],
    ['a list without a label', ['--test', '@blank.tsv'], /^\S*blank\.tsv:1: there is no tab/],
    ['a list of a message that is not there', ['--test', '@lost.tsv'], /^\S*lost\.tsv:1: there is no file/],
  ])('refuses %s', (_name, args, message) => {
    writeFileSync(join(folder, 'bad.tsv'), 'mail/ham-500.eml\tham\nmail/ham-500.eml\teggs\n')
    writeFileSync(join(folder, 'blank.tsv'), 'mail/ham-500.eml ham\n')
    writeFileSync(join(folder, 'lost.tsv'), 'mail/ham-9.eml.gz\tham\n')
    const paths = args.map((arg) => arg.replace('@', `${folder}/`))
    const { status, stderr } = spawnSync('node', ['src/lab/eval.ts', ...paths], { encoding: 'utf8' })
    expect(status).not.toBe(0)
    expect(stderr).toMatch(message)
  })
})
