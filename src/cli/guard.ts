/**
 * Loaded into wrangler before its own code. The process that started it holds the other end of a pipe and never writes:
 * when it is gone, in whatever way (SIGKILL, a crash), the pipe ends, and with it the whole process group: wrangler,
 * workerd, esbuild. The guard keeps nothing running by itself.
 */
import { Socket } from 'node:net'
import { isMainThread } from 'node:worker_threads'

/** The place of the pipe among the child's descriptors; wrangler.ts puts it there. */
const GUARD_FD = 3

if (isMainThread) {
  const line = new Socket({ fd: GUARD_FD, readable: true, writable: false })
  const end = () => process.kill(0, 'SIGKILL')
  line.once('end', end).once('error', end).resume().unref()
}
