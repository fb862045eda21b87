/** What a command says, in one clear line, when it cannot go on. Anything else that is thrown is a defect of ours. */
export class Failure extends Error {
  readonly exitCode: number

  constructor(line: string, exitCode = 1) {
    super(line)
    this.exitCode = exitCode
  }
}
