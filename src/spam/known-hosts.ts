/** Hosts that rules know by name: providers of free mailboxes, and shorteners that hide where a link leads. */

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

/** Without those that a service uses only for its own links, such as t.co, lnkd.in and youtu.be. */
const SHORTENERS: ReadonlySet<string> = new Set(
  `adf.ly bc.vc bit.do bit.ly bitly.com bl.ink cutt.ly clck.ru goo.gl goo.su is.gd j.mp kutt.it linktr.ee ln.run
  n9.cl ow.ly qr.ae qrco.de rb.gy rebrand.ly rebrandly.com reurl.cc s.id s.yam.com sh.st short.gy shorte.st
  shorturl.at shrtco.de shrturl.app soo.gd surl.li t.ly t.ly tiny.cc tiny.one tinyurl.com trib.al u.to urlz.fr
  urlzs.com v.gd vk.cc x.co y2u.be yourls.org zpr.io`.split(/\s+/),
)

export function isFreemail(domain: string): boolean {
  return FREEMAIL.has(domain)
}

export function isShortener(host: string): boolean {
  return SHORTENERS.has(host.replace(/^www\./, ''))
}
