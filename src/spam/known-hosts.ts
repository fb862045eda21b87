/** Hosts that rules know by name: free mailboxes, shorteners that hide where a link leads, hosting without a name. */
import { isWithin } from './facts.ts'

const FREEMAIL: ReadonlySet<string> = new Set(
  `aol.com att.net bigpond.com bk.ru comcast.net consultant.com email.com europe.com fastmail.com free.fr gmail.com
  gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com hotmail.co.uk hotmail.com hotmail.de hotmail.es hotmail.fr
  hotmail.it icloud.com inbox.lv inbox.ru laposte.net libero.it list.ru live.co.uk live.com live.fr live.nl mac.com
  mail.com mail.ru mailfence.com me.com msn.com myself.com naver.com orange.fr outlook.com outlook.de outlook.fr
  proton.me protonmail.com qq.com rambler.ru rediffmail.com rocketmail.com seznam.cz sina.com t-online.de terra.com.br
  tutanota.com uol.com.br usa.com verizon.net wanadoo.fr web.de wp.pl yahoo.ca yahoo.co.in yahoo.co.jp yahoo.co.uk
  yahoo.com yahoo.com.ar yahoo.com.br yahoo.com.hk yahoo.com.mx yahoo.de yahoo.es yahoo.fr yahoo.in yahoo.it
  yandex.com yandex.ru ymail.com zoho.com zohomail.com 126.com 163.com`.split(/\s+/),
)

const SHORTENERS: ReadonlySet<string> = new Set(
  `adf.ly bc.vc bit.do bit.ly bitly.com bl.ink cutt.ly clck.ru goo.gl goo.su is.gd j.mp kutt.it linktr.ee ln.run
  n9.cl ow.ly qr.ae qrco.de rb.gy rebrand.ly rebrandly.com reurl.cc s.id s.yam.com sh.st short.gy shorte.st
  shorturl.at shrtco.de shrturl.app soo.gd surl.li t.co t.ly tiny.cc tiny.one tinyurl.com trib.al u.to urlz.fr
  urlzs.com v.gd vk.cc x.co y2u.be yourls.org zpr.io`.split(/\s+/),
)

/** Where anybody puts up a page in a minute, under a name that says nothing: much used by fake logins, and by developers. */
const FREE_HOSTING: readonly string[] =
  `000webhostapp.com blogspot.com cf-ipfs.com cloudflare-ipfs.com dweb.link duckdns.org firebaseapp.com fleek.co glitch.me
  godaddysites.com infura-ipfs.io ipfs.io mystrikingly.com netlify.app ngrok-free.app ngrok.io pages.dev r2.dev repl.co
  square.site storage.googleapis.com translate.goog trycloudflare.com vercel.app web.app web.core.windows.net weebly.com wixsite.com workers.dev
  yolasite.com`.split(/\s+/)

export function isFreemail(domain: string): boolean {
  return FREEMAIL.has(domain)
}

/** A service that shortens links in its own mail hides nothing by it. */
const SHORTENER_OWNERS: Readonly<Record<string, readonly string[]>> = { 't.co': ['twitter.com', 'x.com'] }

export function isShortener(host: string, fromDomain: string): boolean {
  const name = host.replace(/^www\./, '')
  return SHORTENERS.has(name) && !SHORTENER_OWNERS[name]?.some((owner) => isWithin(fromDomain, owner))
}

export function isFreeHosting(host: string): boolean {
  return FREE_HOSTING.some((domain) => isWithin(host, domain))
}
