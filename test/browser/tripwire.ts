/**
 * Pages in a real browser that know when a mail does anything: runs a script, opens a dialog, asks for anything over the
 * network, goes elsewhere, or says something on the console, as the browser does when it stops one of these.
 */
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { launchChromium } from './chromium.ts'

const PAGE = 'https://postern.test/'
/** Pages that work at the same time: they mostly wait. */
const PAGES = 8
/** Long enough for what starts by itself: fetches, animations, handlers that wait for the next task. */
const SETTLE_MS = 40
/** For what comes later still, once at the end. */
const LATE_MS = 500

export type Tripwire = {
  /** What a mail did as the inner HTML of a bare page, each of its elements touched. */
  inPage: (html: string) => Promise<string[]>
  /** What documents did, each in a frame of this `sandbox`; null is a frame without one. */
  inFrames: (documents: string[], sandbox: string | null) => Promise<string[]>
  /** The elements, and with an @ the attributes, of the mail that inPage showed, as the browser built them. */
  built: () => Promise<string[]>
}

export type Tripwires = {
  /** Runs `watch` for each item on one of the pages; the answer has what came of all, and what came late. */
  each: <T>(items: T[], watch: (tripwire: Tripwire, item: T) => Promise<string[]>) => Promise<string[]>
  close: () => Promise<void>
}

export async function openTripwires(): Promise<Tripwires> {
  let open = await openBrowser()
  const found: string[] = []
  /** Takes items until none is left or the browser has died; gives those that were being watched then. */
  const take = async <T>(
    queue: T[],
    pages: WatchedPage[],
    watch: (tripwire: Tripwire, item: T) => Promise<string[]>,
  ) => {
    const interrupted: T[] = []
    const work = async ({ tripwire }: WatchedPage) => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
        try {
          found.push(...(await watch(tripwire, item)))
        } catch (error) {
          // A mail as it came can kill the whole browser. Anything else that fails is ours.
          if (!(await hasDied(open.browser))) throw error
          interrupted.push(item)
          return
        }
      }
    }
    await Promise.all(pages.map(work))
    return interrupted
  }
  const reopen = async () => {
    await open.browser.close().catch(() => undefined)
    open = await openBrowser()
  }
  return {
    each: async (items, watch) => {
      const queue = [...items]
      const suspects: typeof items = []
      while (queue.length > 0) {
        const interrupted = await take(queue, open.pages, watch)
        suspects.push(...interrupted)
        if (interrupted.length > 0) await reopen()
      }
      // One of those that were open when the browser died has killed it: each is watched again, alone.
      for (const suspect of suspects) {
        if ((await take([suspect], open.pages.slice(0, 1), watch)).length === 0) continue
        found.push('crash')
        await reopen()
      }
      await setTimeout(LATE_MS)
      return [...found.splice(0), ...open.pages.flatMap(({ fired }) => fired.splice(0))]
    },
    close: () => open.browser.close(),
  }
}

async function openBrowser(): Promise<{ browser: Browser; pages: WatchedPage[] }> {
  // No name has an address: what went around the interception below would still not leave this machine.
  const browser = await launchChromium(['--host-resolver-rules=MAP * ~NOTFOUND'])
  return { browser, pages: await Promise.all(Array.from({ length: PAGES }, () => openPage(browser))) }
}

/** The news of a browser's death may come after the error that it caused. */
async function hasDied(browser: Browser): Promise<boolean> {
  for (let waited = 0; waited < 20 && browser.isConnected(); waited++) await setTimeout(50)
  return !browser.isConnected()
}

type WatchedPage = { fired: string[]; tripwire: Tripwire }

async function openPage(browser: Browser): Promise<WatchedPage> {
  const context = await browser.newContext({ serviceWorkers: 'block' })
  const fired: string[] = []
  await context.route('**/*', (route) => {
    const url = route.request().url()
    if (url === PAGE) return route.fulfill({ contentType: 'text/html', body: '<!DOCTYPE html><main></main>' })
    fired.push(`request ${url}`)
    // No content: whoever wanted to go there stays, and the next mail finds the page as it was.
    return route.fulfill({ status: 204 })
  })
  await context.addInitScript({ path: join(import.meta.dirname, 'in-page.mjs') })
  const fresh = async () => {
    const page = await context.newPage()
    watch(page, fired)
    await page.goto(PAGE)
    return page
  }
  let page = await fresh()
  const run = async (call: string, ...values: unknown[]) => {
    const script = `tripwire.${call}(${values.map((value) => JSON.stringify(value)).join(',')})`
    // The mail before, as it came, may have led the page elsewhere, or crashed it.
    await page.evaluate(script).catch(async () => {
      await page.close()
      page = await fresh()
      await page.evaluate(script)
    })
    await setTimeout(SETTLE_MS)
    return fired.splice(0)
  }
  const tripwire: Tripwire = {
    inPage: (html) => run('showAndTouch', html),
    inFrames: (documents, sandbox) => run('showInFrames', documents, sandbox),
    built: () => page.evaluate('tripwire.built()'),
  }
  return { fired, tripwire }
}

function watch(page: Page, fired: string[]): void {
  page.on('popup', (opened) => {
    fired.push(`window ${opened.url()}`)
    void opened.close()
  })
  page.on('dialog', (dialog) => {
    fired.push(`dialog ${dialog.type()}`)
    void dialog.dismiss()
  })
  // A script of the mail calls what in-page.mjs put in the place of alert(), which says so here.
  page.on('console', (message) => void fired.push(message.text().replace(/^(?!script: )/, 'console ')))
  page.on('crash', () => void fired.push('crash'))
  page.on('pageerror', (error) => void fired.push(`error ${error.message}`))
  page.on('framenavigated', (frame) => {
    if (frame.url() !== PAGE && frame.url() !== 'about:srcdoc') fired.push(`navigation ${frame.url()}`)
  })
}
