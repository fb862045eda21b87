/**
 * The names that crooks borrow most, with the domains that these companies send from and link to.
 *
 * A domain whose registrable name is the brand's own, under a country's or one of the old suffixes ('dhl.de',
 * 'paypal.com'), is the brand's without standing here: such names are fought for in court. Under the cheap new suffixes
 * everything may be anybody's, so those stand here where they are real.
 */
import { foldedKey } from './brand-key.ts'
import { isFreemail } from './known-hosts.ts'
import { skeletonOf } from './plain-letters.ts'
import { registrableDomain, registrableLabel } from './registrable.ts'

export type Brand = {
  /** As people write it. */
  name: string
  /** How it is written, folded: 'office 365'. */
  keys: readonly string[]
  /** Whether the name is an everyday word too: then it counts only where nothing but service words stand beside it. */
  isCommonWord: boolean
  domains: ReadonlySet<string>
  /** '.de': what is below may be the brand's. */
  suffixes: readonly string[]
}

/**
 * One brand a line: how it is written, separated by commas, the first as it is shown; then its further domains. '~' before
 * the names marks everyday words. '*.de' is a suffix below which any name may be the brand's: hundreds of banks and offices
 * bear the name of their federation, each with a domain of its own, and no list has them all.
 */
const TABLE = `
PayPal: paypal-communication.com paypalobjects.com xoom.com venmo.com
Venmo: paypal.com
~Zelle: zellepay.com
Cash App,CashApp: cash.app square.com squareup.com block.xyz
Stripe: stripe.network
~Klarna: klarna.net
~Wise,TransferWise: wise.com transferwise.com
Western Union,WesternUnion: westernunion.com wu.com
MoneyGram: moneygram.com
Microsoft,Microsoft 365,MS Office,Office 365,Office365,Microsoft Teams: microsoft.com office.com office365.com outlook.com live.com microsoftonline.com windows.com azure.com msn.com onedrive.com sharepoint.com xbox.com skype.com microsoftemail.com microsoftstoreemail.com exchangelabs.com linkedin.com github.com windows.net azure.net aka.ms office.net visualstudio.com microsoftsupport.com microsoft365.com cloud.microsoft
~Outlook: microsoft.com office.com outlook.com live.com microsoftonline.com
OneDrive: microsoft.com live.com sharepointonline.com sharepoint.com
SharePoint,SharePointOnline: sharepointonline.com microsoft.com
~Office: microsoft.com office.com office365.com
Windows Defender: microsoft.com
LinkedIn: linkedin-email.com licdn.com
~Apple,Apple ID,AppleID,Apple Pay: apple.com icloud.com itunes.com me.com mac.com
iCloud: apple.com
iTunes,App Store: apple.com
~Google,Google Drive,Google Docs: google.com youtube.com googlemail.com withgoogle.com googlegroups.com gmail.com goo.gl google.dev blogger.com
Gmail: google.com
YouTube: google.com youtu.be
~Amazon,Amazon Prime,Prime Video: amazonses.com amazon.jobs amazonaws.com aws.com primevideo.com audible.com a2z.com media-amazon.com
~AWS: aws.com amazon.com amazonaws.com signup.aws
Amazon Web Services: aws.com signup.aws amazon.com amazonaws.com
Netflix: netflix.net nflxext.com nflximg.net
Spotify: spotify.net
Disney Plus,Disney+,DisneyPlus: disneyplus.com disney.com
~Hulu: hulumail.com disneyplus.com
~Steam,Steam Support: steampowered.com steamcommunity.com valvesoftware.com
Roblox: roblox.com
Facebook: facebookmail.com fb.com meta.com instagram.com metamail.com workplace.com facebook.net
Instagram: facebookmail.com facebook.com meta.com
WhatsApp: whatsapp.net facebookmail.com meta.com
~Meta,Meta Business,Meta Support,Meta Pay: facebookmail.com facebook.com fb.com metamail.com
~Twitter: x.com
TikTok: tiktokv.com bytedance.com tiktok.net
Telegram Messenger: telegram.org t.me
~Snapchat: snap.com
eBay: ebay-kleinanzeigen.de kleinanzeigen.de ebaystatic.com ebayinc.com
AliExpress: alibaba.com aliyun.com
Alibaba: aliyun.com aliexpress.com
Shein: sheinemail.com
Temu: temuemail.com temu.com
~Walmart: walmart.com walmartcorporation.com w-mt.co
~Costco: costco.com
Sam's Club,Sams Club,SamsClub: samsclub.com walmart.com
~Home Depot: homedepot.com
Best Buy,BestBuy: bestbuy.com
Lidl: lidl-plus.com schwarz
~Aldi: aldi-sued.de aldi-nord.de
Decathlon: decathlon.com
Ikea: ikea.com
DHL,DHL Express,DHL Paket: deutschepost.de dpdhl.com dhl-news.com dhlecommerce.com dhlparcel.nl dhl-express.com
FedEx,Fed Ex: tnt.com
~UPS: upsemail.com ups.com
United Parcel Service: ups.com upsemail.com
USPS,US Postal Service: usps.gov
DPD: dpdgroup.com dpd-group.com allegromail.pl geopost.com
~GLS: gls-group.eu gls-group.com gls-pakete.de
~Hermes: myhermes.co.uk hermesworld.com myhermes.de evri.com
Royal Mail,RoyalMail: royalmail.com royalmailgroup.com
Evri: evri.com
PostNL: postnl.nl
~Bpost: bpost.be
~La Poste,Colissimo,Chronopost: laposte.fr laposte.net laposte.info
Correos: correos.es
~Correios: correios.com.br
Poste Italiane,PosteItaliane,Postepay: poste.it posteitaliane.it
~Swiss Post,Die Post: post.ch
Canada Post: canadapost.ca canadapost-postescanada.ca
Australia Post,AusPost: auspost.com.au
InPost: inpost.pl allegromail.pl
Deutsche Post: deutschepost.de dhl.de
Chase Bank,JPMorgan: chase.com jpmorgan.com jpmchase.com
~Chase: chase.com jpmorgan.com
Wells Fargo,WellsFargo: wellsfargo.com wf.com
Bank of America,BankofAmerica: bankofamerica.com bofa.com ml.com
Citibank: citi.com
Capital One,CapitalOne: capitalone.com
American Express,AmericanExpress,Amex: aexp.com americanexpress.com welcome.aexp.com
Mastercard: mastercard.com
~Visa: visa.com
HSBC: hsbc.com hsbc.co.uk
Barclays,Barclaycard: barclays.co.uk barclaycard.co.uk barclays.com
Lloyds Bank: lloydsbank.co.uk lloydsbank.com lloydsbanking.com
NatWest: natwest.com
Santander: santanderconsumer.com santanderconsumer.de santanderconsumerusa.com gruposantander.com
BBVA: bbva.com
CaixaBank: lacaixa.es
~Revolut: revolut.com
N26: n26.com
Commerzbank: commerzbank.de
Deutsche Bank: db.com deutsche-bank.de
Sparkasse: dsgv.de *.de
Volksbank,Volksbanken: vr.de vr-bank.de *.de *.at
Postbank: postbank.de
Comdirect: comdirect.de
~Consors,Consorsbank: consorsbank.de
Credit Agricole,CreditAgricole: *.fr
BNP Paribas: bnpparibas.com bnpparibas.net
Societe Generale: socgen.com
Banque Postale: labanquepostale.fr
Intesa Sanpaolo: intesasanpaolo.com
UniCredit: unicredit.eu
Rabobank: rabobank.com
ABN AMRO: abnamro.com abnamro.nl
~ING,ING Bank: ing.com ing.nl ing.de
~KBC: kbc.be
PostFinance: postfinance.ch
~UBS: ubs.com
Banco do Brasil,BancodoBrasil: bb.com.br
Bradesco: bradesco.com
Itau: itau-unibanco.com.br
Mercado Pago,MercadoPago: mercadopago.com mercadopago.com.br mercadolibre.com mercadolivre.com.br
Mercado Livre,Mercado Libre: mercadolivre.com.br mercadolibre.com mercadopago.com
~Stellar: stellar.org
Nubank: nubank.com.br
Caixa Economica: caixa.gov.br
Starbucks: starbucks.com
Dicks Sporting Goods,Dick's Sporting Goods: dickssportinggoods.com
~Lowe's,Lowes: lowes.com
~Kohl's,Kohls: kohls.com
Harbor Freight: harborfreight.com
Ace Hardware: acehardware.com
~CVS,CVS Pharmacy: cvs.com
Walgreens: walgreens.com
~Target Gift: target.com
T-Mobile: t-mobile.com telekom.com
~AT&T: att.com att.net
Marriott: marriott.com
Southwest Airlines: southwest.com
Fressnapf: fressnapf.de
MediaMarkt: mediamarkt.de mediamarktsaturn.com
Rossmann: rossmann.de
~Netto,Rewe,Edeka,Penny: netto-online.de rewe.de edeka.de penny.de
~Carrefour,Leclerc,Auchan: carrefour.fr e.leclerc auchan.fr
~Lido Finance: lido.fi
Arbitrum: arbitrum.io arbitrum.foundation
Optimism Foundation: optimism.io
PancakeSwap: pancakeswap.finance
Ethereum Foundation: ethereum.org
Bybit: bybit.com
~Bitget,OKX: bitget.com okx.com
Livelo: pontoslivelo.com.br
Serasa: serasaexperian.com.br
Scotiabank: scotiabank.com
Interac: interac.ca
Commonwealth Bank,CommBank: commbank.com.au cba.com.au
Westpac: westpac.com.au
Coinbase: coinbase.com
Binance: binance.us binance.org
MetaMask: metamask.io consensys.net consensys.io
Trust Wallet,TrustWallet: trustwallet.com
Ledger Live,Ledger Wallet: ledger.com ledger.fr
~Ledger: ledger.com ledger.fr
Trezor: trezor.io satoshilabs.com
~Kraken: kraken.com
Crypto.com: crypto.com
Blockchain.com,Blockchain Wallet: blockchain.com blockchain.info
~Exodus,Exodus Wallet: exodus.com exodus.io
OpenSea: opensea.io
Uniswap: uniswap.org
~Phantom Wallet: phantom.app phantom.com
WalletConnect: walletconnect.com walletconnect.org
KuCoin: kucoin.com
Bitpanda: bitpanda.com
~Ripple: ripple.com xrpl.org
DocuSign: docusign.net
~Adobe,Adobe Sign,Adobe Acrobat: adobesign.com echosign.com adobecc.com
Dropbox: dropboxmail.com hellosign.com dropbox-business.com
WeTransfer: wetransfer.net
~Zoom: zoom.us
~Norton,Norton LifeLock: norton.com nortonlifelock.com gen.com gendigital.com
McAfee: mcafee.com
~Geek Squad: geeksquad.com bestbuy.com
GoDaddy: secureserver.net
~cPanel: cpanel.net
Namecheap: namecheap.com
Cloudflare: cloudflare.net
OVH,OVHcloud: ovh.com ovh.net
~Ionos: 1und1.de 1and1.com
Strato: strato.de
~IRS: irs.gov
Internal Revenue Service: irs.gov
HMRC,HM Revenue: hmrc.gov.uk service.gov.uk
Finanzamt,Elster: *.de *.gv.at
Agenzia delle Entrate: agenziaentrate.it agenziaentrate.gov.it
Agencia Tributaria: agenciatributaria.es agenciatributaria.gob.es
Ameli,Assurance Maladie: ameli.fr assurance-maladie.fr
Receita Federal: *.gov.br
Detran: *.gov.br
MyGov: my.gov.au
Swisscom: swisscom.com
Vodafone: vodafone.com
Telekom Deutschland,Deutsche Telekom: telekom.de t-online.de magenta.de
Xfinity,Comcast: xfinity.com comcast.net comcast.com
Verizon: verizonwireless.com verizon.net
Airbnb: airbnbmail.com
Booking.com: booking.com
`

/** Suffixes under which a brand's own name is the brand's. */
const OLD_SUFFIX = /^(?:com|net|org|eu|[a-z]{2}|com?\.[a-z]{2})$/
/** Labels looked at of a host. */
const LABELS_MAX = 10

const BRANDS: readonly Brand[] = TABLE.trim().split('\n').map(readBrand)
const BY_KEY: ReadonlyMap<string, Brand> = new Map(
  BRANDS.flatMap((brand) => brand.keys.map((key) => [key, brand] as const)),
)
/** Shorter names are too near to other words: 'ing' is 'lng' to the eye. */
const DISGUISED_CHARS_MIN = 5
const BY_SKELETON: ReadonlyMap<string, Brand> = new Map(
  [...BY_KEY].filter(([key]) => key.length >= DISGUISED_CHARS_MIN).map(([key, brand]) => [skeletonOf(key), brand]),
)
/** The most words that a brand's name has. */
export const BRAND_WORDS_MAX = 3

function readBrand(line: string): Brand {
  const isCommonWord = line.startsWith('~')
  const colon = line.indexOf(':')
  const names = line.slice(isCommonWord ? 1 : 0, colon).split(',')
  const domains = line
    .slice(colon + 1)
    .trim()
    .split(' ')
  const suffixes = domains.filter((one) => one.startsWith('*')).map((one) => one.slice(1))
  return { name: names[0] ?? '', keys: names.map(foldedKey), isCommonWord, domains: new Set(domains), suffixes }
}

/** The brand that is written so, folded; undefined where none is. */
export function brandOf(key: string): Brand | undefined {
  return BY_KEY.get(key)
}

/** The brand that looks so: a text under `skeletonOf`. */
export function brandLooking(skeleton: string): Brand | undefined {
  return BY_SKELETON.get(skeleton)
}

/** Whether a host, or the domain of a sender, is the brand's own. A free mailbox is nobody's but its owner's. */
export function isBrandsOwn(brand: Brand, host: string): boolean {
  if (isFreemail(host)) return false
  const domain = registrableDomain(host)
  if (brand.domains.has(domain) || brand.domains.has(host)) return true
  if (brand.suffixes.some((suffix) => host.endsWith(suffix))) return true
  const label = registrableLabel(domain)
  const joined = brand.keys.map((key) => key.replaceAll(' ', ''))
  // A top-level domain of its own: 'mabanque.bnpparibas'. Of everyday words, some are anybody's.
  if (!brand.isCommonWord && joined.includes(host.slice(host.lastIndexOf('.') + 1))) return true
  if (!OLD_SUFFIX.test(domain.slice(label.length + 1))) return false
  return joined.includes(label) || brand.keys.some((key) => label === key.replaceAll(' ', '-'))
}

/** The labels of a host and their parts between hyphens, without the public suffix's last. */
export function hostWords(host: string): string[] {
  return (
    host
      .split('.', LABELS_MAX)
      .slice(0, -1)
      // An A-label (RFC 5890 §2.3.2.1) is one word in another alphabet.
      .flatMap((label) => (label.startsWith('xn--') ? label : label.split('-')))
  )
}
