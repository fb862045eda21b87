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
  `000webhostapp.com 0fees.us azureedge.net azurewebsites.net backblazeb2.com beehiiv.net
  blob.core.windows.net blogspot.com bubbleapps.io carrd.co cf-ipfs.com cloudapp.azure.com cloudflare-ipfs.com
  cloudfunctions.net codesandbox.io csb.app ddns.net digitaloceanspaces.com duckdns.org dweb.link
  dynamic-dns.net edgeone.app firebaseapp.com firebasestorage.googleapis.com fleek.co fleek.cool flutterflow.app fly.dev
  framer.app framer.website glitch.me godaddysites.com herokuapp.com hopto.org hostingersite.com
  hubside.fr ibm.cloud infinityfreeapp.com infura-ipfs.io ipfs.io jimdosite.com linodeobjects.com lovable.app mybluehost.me
  mystrikingly.com myftp.org netlify.app ngrok-free.app ngrok.io no-ip.org notion.site nxcli.io onrender.com page.link
  pages.dev plesk.page pythonanywhere.com r2.dev railway.app repl.co replit.app run.app replit.dev serveo.net
  sites.google.com square.site storage.googleapis.com surge.sh translate.goog trycloudflare.com typedream.app
  ucoz.net vercel.app wasabisys.com web.app web.core.windows.net webflow.io weebly.com weeblysite.com wixsite.com
  wixstudio.com workers.dev yolasite.com zapto.org`.split(/\s+/)

/** Where services that send newsletters count clicks. What stands behind cannot be seen, and most of it is honest. */
const CLICK_COUNTERS: ReadonlySet<string> = new Set(
  `acemlna.com acemlnb.com acemlnc.com acemlnd.com activehosted.com aweber.com awstrack.me benchmarkemail.com bmetrack.com
  braze.com campaign-archive.com ccsend.com clickdimensions.com cmail19.com cmail20.com convertkit-mail.com
  convertkit-mail2.com createsend.com createsend1.com customeriomail.com dotdigital-pages.com e2ma.net eloqua.com
  emailoctopus.com emltrk.com exacttarget.com exct.net getresponse.com gs-click.com hs-sites.com hubspotemail.net
  hubspotlinks.com icontact.com infusionsoft.com intercom-clicks.com intercom-mail.com iterable.com keap-link.com
  klclick.com klclick1.com klclick2.com klclick3.com kmail-lists.com list-manage.com mailchi.mp mailerlite.com mailgun.org
  mailjet.com mandrillapp.com marketo.com mjt.lu mkt.com mlsend.com mktoweb.com moosend.com omnisend.com pardot.com
  postmarkapp.com pstmrk.it responsys.net rs6.net sailthru.com salesforce.com sendgrid.net sendibm1.com sendibm2.com
  sendibm3.com sendibt1.com sendibt2.com sendibt3.com sendinblue.com sharpspring.com sparkpostmail.com substack.com
  mailerlite.io soundest.email vresp.com zohocampaigns.com`.split(/\s+/),
)

/** Suffixes under which names cost next to nothing, and under which abuse is counted in tenths of all names. */
const CHEAP_SUFFIXES: ReadonlySet<string> = new Set(
  `art autos bar beauty bid bio boats bond buzz cam casa cc cf cfd click club cyou date download fit fun ga gq guru hair
  homes icu lat life loan lol london makeup men ml mom monster motorcycles online party pics pw quest
  racing rest review sbs shop site skin space store stream su tk tokyo top trade vip wang website win work world ws
  xin xyz yachts zip zone`.split(/\s+/),
)

/** Pages of well-known hosts that lead on to wherever their address says. The host of each, and how its path begins. */
const REDIRECTORS: readonly { host: RegExp; path: RegExp }[] = [
  {
    host: /^(?:www\.)?google\.[a-z.]{2,6}$/,
    path: /^\/(?:url\?|amp\/|imgres\?|travel\/clk|local_url\?|searchviewer\?)/,
  },
  { host: /^translate\.google\.[a-z.]{2,6}$/, path: /^\/(?:translate|website)\?/ },
  { host: /^(?:www\.)?googleadservices\.com$|(?:^|\.)doubleclick\.net$/, path: /^\/(?:pagead|ddm|pcs|aclk|clk)/ },
  { host: /^(?:www\.)?bing\.com$/, path: /^\/ck\/a\?/ },
  { host: /^(?:lm?\.|www\.)?facebook\.com$/, path: /^\/(?:l\.php|flx\/warn)/ },
  { host: /^l\.(?:instagram|messenger)\.com$/, path: /^\/\?/ },
  { host: /^(?:www\.)?youtube\.com$/, path: /^\/(?:redirect|attribution_link)\?/ },
  { host: /^(?:www\.)?linkedin\.com$/, path: /^\/(?:slink|redir|safety\/go)/ },
  {
    host: /^(?:duckduckgo\.com|(?:www\.)?baidu\.com|(?:www\.)?yandex\.\w{2,3}|vk\.com|t\.umblr\.com|slack-redir\.net|href\.li|steamcommunity\.com|medium\.com)$/,
    path: /^\/(?:l\/\?|link\?|redir|clck|away\.php|redirect\?|linkfilter|r\/\?|\?http)/,
  },
]

export function isFreemail(domain: string): boolean {
  return FREEMAIL.has(domain)
}

/** A service that shortens links in its own mail hides nothing by it. */
const SHORTENER_OWNERS: Readonly<Record<string, readonly string[]>> = { 't.co': ['twitter.com', 'x.com'] }

export function isShortener(host: string, fromDomain: string): boolean {
  const name = host.replace(/^www\./, '')
  return SHORTENERS.has(name) && !SHORTENER_OWNERS[name]?.some((owner) => isWithin(fromDomain, owner))
}

/** A bucket of storage, whoever pays for it. */
const BUCKET =
  /(?:^|[.-])s3[.-](?:[\w-]{1,30}\.)?amazonaws\.com$|\.r2\.cloudflarestorage\.com$|\.oss-[\w-]{1,30}\.aliyuncs\.com$/

export function isFreeHosting(host: string): boolean {
  return FREE_HOSTING.some((domain) => isWithin(host, domain)) || BUCKET.test(host)
}

export function isClickCounter(site: string): boolean {
  return CLICK_COUNTERS.has(site)
}

export function isCheapSuffix(domain: string): boolean {
  return CHEAP_SUFFIXES.has(domain.slice(domain.lastIndexOf('.') + 1))
}

/** Whether a page of a well-known host leads on to another; `path` begins with '/'. */
export function isRedirector(host: string, path: string): boolean {
  return REDIRECTORS.some((one) => one.host.test(host) && one.path.test(path))
}
