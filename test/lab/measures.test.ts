import { describe, expect, it } from 'vitest'
import { areaAboveRoc, recallAtLoss, type Scored } from '../../src/lab/measures.ts'

const scored = (hams: number[], spams: number[]): Scored[] => [
  ...hams.map((score) => ({ score, isSpam: false })),
  ...spams.map((score) => ({ score, isSpam: true })),
]

describe('areaAboveRoc', () => {
  it.each([
    ['a perfect order', [1, 2], [3, 4], 0],
    ['the reverse', [3, 4], [1, 2], 100],
    ['one pair of four turned around', [1, 3], [2, 4], 25],
    ['all alike', [1, 1], [1, 1], 50],
    ['a tie of one pair in four', [1, 2], [2, 4], 12.5],
  ])('of %s', (_name, hams, spams, percent) => {
    expect(areaAboveRoc(scored(hams, spams))).toBe(percent)
  })

  it('has no answer where one of the two is missing', () => {
    expect(areaAboveRoc(scored([1], []))).toBeNaN()
  })
})

describe('recallAtLoss', () => {
  const hams = Array.from({ length: 1_000 }, (_, i) => i / 1_000)
  it.each([
    ['no ham', 0, [0.9985, 0.9995], 50],
    ['one in a thousand', 0.001, [0.9985, 0.9995], 100],
    ['one in a hundred', 0.01, [0.5, 0.9895, 0.995, 2], 75],
  ])('counts what is caught where %s may be lost', (_name, loss, spams, percent) => {
    expect(recallAtLoss(scored(hams, spams), loss)).toBe(percent)
  })
})
