/**
 * The words that lures are made of, by what they do to the reader, in the languages that most of them come in. Beginnings
 * of words in small letters without accents: 'verif-' is verify, verification, verifizieren, verificar, verifier. What ends
 * without a hyphen is a whole word: 'eth' is not 'ethics', 'rat' no 'rate'.
 *
 * A word alone says nothing: banks write 'account', shops write 'reward'. The rules count different beginnings of several
 * kinds, and ask besides where the links lead (signals/lures.ts).
 */
export type WordKind = 'account' | 'pressure' | 'parcel' | 'prize' | 'coins' | 'fortune' | 'threat' | 'goods'

const WORDS: Readonly<Record<WordKind, string>> = {
  /** What is to be handed over. */
  account: `2fa acces- account- anmeld- ausweis- authentic- authentif- bankkarte- betaling- beveilig- billing- buzon card
    carta cartao- carte carteira- compte- conta contrasena- credential- cuenta- e-mail- erstatt- gebruiker- haslo
    identit- inbox karte kennwort- konto kreditkarte- kunden- login logon mailbox- mitglied- nutzer- pagamento-
    pago paiement- passe password- passwort- payment- postfach- quota- reembols- refund- rekening- rembours-
    rimbors- securit- seguranca- segurid- senha sicherheit- sicurezza- sign-in signin- storage- tarjeta-
    two-factor usuari- utilisat- verbruik- wallet- webmail- zahlung-`,
  /** Why at once. */
  pressure: `ablaeuft- ablauf- actualis- actualiz- aggiorn- aktualisier- amende atras- attente- attentie- atualiz-
    ausgesetzt- ausstehend- avertiss- avviso- beperkt- bestatig- bevestig- bijwerk- blocc- bloqu- breach- caduc
    compliance- compromis- conferm- confirm- deactiv- deadline deaktiv- delet- desactiv- disable- dringend- echec
    eingeschrank- elimin- erforderlich- exceed- expir- failed- failure- fallid- geblokk- geschorst gesperrt-
    gesuspend- hours illegitim- imediat- immedia- inhabitu- inmediat- intima- inusual- irregular- letztmal-
    limitad- limite- losch mahnung- mandatory- multa natychm- obligat- onmiddellijk- opgeschort- overdue- penalt-
    pendent- pendiente- pending- potwierd- reactiv- reaktiv- regulariz- reguleri- requer- required- requis-
    restrict- scadenz- sofort- sospech- sperr- stornier- stunden- subito- supprim- suspect- suspend- suspens-
    suspicious- terminat- uberfallig- uberschrit- umgehend- unauthor- unbefugt- ungewohn- unlock- unpaid- unusual-
    unverzug- urgent- validar- validat- valider- verdachtig- verif- verlopen- verplicht- verspat- vervall-
    warning- warnung- wygas- zawiesz- zuruckgehalt- zwangs-`,
  parcel: `aduana- aflever- alfandeg- bestelling- bezorg- colis consegn- correo- courier- coursier- customs- deliver-
    dogana- dostaw- douane- empfang- encomenda- entreg- entrepot- envio kurier- levering- liberac- liefer-
    livrais- livrer- pacco packag- packchen- pacote- paczk- paket pakket- paquete- parcel- pendient- postal-
    przesyl- rastre- reten retid sendung- shipment- shipping- spedizion- suivi tracciam- tracking- versand-
    verzend- zending- zoll zustell-`,
  prize: `auserwahl- ausgewahlt- belohnung- beloning- bonus cadeau- cashback- casino- chance- cheque-cadeau choisi-
    chosen- claim complimenti- congratul- coupon- einlos- elegid- escolhid- exclusif- exclusive- exklusiv-
    felicit- free gagnant- gagne ganado- ganaste- ganhou- gefeliciteerd- geschenk- gewinn- gewonn- gift giveaway-
    gluckspilz- gluckwunsch- gratis- gratuit- gratulier- gutschein- jackpot- kostenlos- lotes- lucky milhas
    nagrod- parabens- pontos preis premio- presente prijs- prize reclam- recompens- regalo- resgat- reward-
    ricompensa- rifa seleccionad- selecionad- selected- selectionn- sieger- sorteio- sorteo- spins sweepstake-
    tirage- uitgekozen- vencedor- vincit- voucher- winnaar- winner- won wygr- ziehung-`,
  coins: `airdrop- allocat- binance- bitcoin- blockchain- btc claim- coinbase- cripto- crypto- defi dex eligib- eth
    ether ethereum- krypto- ledger- metamask- mining- nft presale- redistribut- satoshi- seedphrase- solana-
    stablecoin- staking- token trustwallet- usdc usdt wallet- web3 xrp`,
  /** The friendly stranger with a fortune to share. */
  fortune: `abogado- allah attorney- bankdirekt- barrister- beneficia- compassion- compensat- confident- consignment-
    deceased- defunt- diamond- diplomat- dollars- dying entschadig- erbe erblass- erbschaft- falecid- fallecid-
    fondos- fonds fortune- fund fundos- funds heranca- heredar- heredit- herencia- heritage- humanitar- imf
    indemni- indeniz- inherit- invest- kin loteria- lotterie- lottery- milhoes million- millonen- millones
    nachlass- naco- nacoes nationality- nations- notaire- notary- onu orphan- overseas- philanthrop- proposal-
    proposit- reichtum- sanction- solicitor- syria- testament- urgentrepl- vermog- verstorb- vertraulich- vitim-
    widow`,
  /** The stranger who has seen it all. */
  threat: `bitcoin- btc camera- colleagues- contacts- darknet- destroy- embarrass- footage- gehackt- gerat hacked-
    hacker- infected- kamera- kontakte- malware- masturb- monitored- pervert- pirat porn ransom- rat recorded-
    recording- relatives- shame spyware- trojan- virus webcam-`,
  goods: `apothek- beaute- cannabis- casino- cbd chicas- cholesterol- cialis- dating- detox- diabet- erect erection-
    erekt- ficken- fuck fungus- geil- gummies- hookup- keto levitra- libido- lonely- manneskraft- mannlich- meisj-
    metabol- milf mujeres- naakt- nackt naked neuken- neuropath- nude penis pharmac- pillen- pills pilule- porn
    potency- potenz- prostat- rencontr- replica- rolex russiangirls- sex sexparty- sexual- sexuell- sexy singles-
    slimming- testosteron- tinnitus- toenail- viagra- weightloss- wrinkle-`,
}

const START_CHARS = 3
/** Words read; a lure leads with what it is about, and in longer texts every word is met. */
const WORDS_MAX = 220
/** By its first letters: each beginning with its kinds. */
const BY_START: ReadonlyMap<string, [stem: string, kinds: WordKind[]][]> = index()

export type WordCounts = Record<WordKind, Set<string>>

/** The different beginnings of each kind that a text has. The text is in small plain letters. */
export function countLureWords(text: string): WordCounts {
  const counts: WordCounts = {
    account: new Set(),
    pressure: new Set(),
    parcel: new Set(),
    prize: new Set(),
    coins: new Set(),
    fortune: new Set(),
    threat: new Set(),
    goods: new Set(),
  }
  let read = 0
  for (const [word] of text.matchAll(/[\p{L}\d]+(?:-[\p{L}\d]+)?/gu)) {
    if (read++ >= WORDS_MAX) break
    for (const [stem, kinds] of BY_START.get(word.slice(0, START_CHARS)) ?? []) {
      if (stem.endsWith('-') ? !word.startsWith(stem.slice(0, -1)) : word !== stem) continue
      for (const kind of kinds) counts[kind].add(stem)
      // The shortest stands for those that go on from it.
      break
    }
  }
  return counts
}

function index(): Map<string, [string, WordKind[]][]> {
  const kindsOf = new Map<string, WordKind[]>()
  for (const kind of Object.keys(WORDS) as WordKind[]) {
    for (const stem of WORDS[kind].split(/\s+/)) {
      if (stem !== '') kindsOf.set(stem, [...(kindsOf.get(stem) ?? []), kind])
    }
  }
  const byStart = new Map<string, [string, WordKind[]][]>()
  for (const [stem, kinds] of kindsOf) {
    const start = stem.slice(0, START_CHARS)
    const others = byStart.get(start) ?? []
    byStart.set(
      start,
      [...others, [stem, kinds] as [string, WordKind[]]].sort((a, b) => a[0].length - b[0].length),
    )
  }
  return byStart
}
