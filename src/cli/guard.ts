/**
 * Loaded into wrangler before its own code. When the process that started it is gone, in whatever way (SIGKILL, a
 * crash), the channel to it closes, and the whole process group ends: wrangler, workerd, esbuild. It keeps nothing
 * running by itself.
 */
if (process.channel) {
  process.on('disconnect', () => process.kill(0, 'SIGKILL'))
  process.channel.unref()
}
