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
  account: `ausweis- carteira- carteira nutzer- usuari- utilisat- gebruiker- verbruik- haslo konto- kont login- e-mail- bankkarte- kreditkarte- dossier- kundenkonto-
    account- acces- anmeld- login logon sign-in signin- password- passwort- kennwort- passe contrasena- senha
    credential- mailbox- postfach- buzon konto kontos- kunden- compte- cuenta- conta rekening- wallet- identit- webmail-
    inbox storage- quota- 2fa two-factor authentif- authentic- sicherheit- securit- segurid- seguranca- sicurezza- beveilig-
    billing- payment- zahlung- paiement- pago pagamento- betaling- card karte carte tarjeta- cartao- carta bank banque- banco
    subscri- abonn- membership- mitglied- invoice- rechnung- facture- factura- fatura- document- steuer- impot refund-
    rembours- erstatt- reembols- rimbors-`,
  /** Why at once. */
  pressure: `geschorst opgeschort- gesuspend- regulariz- reguleri- pendent- cancel- annul- stornier- zawiesz- potwierd- wygas- natychm- deadline frist- delai plazo prazo atras- retard- verspat- penalt- multa intima- amende mahnung- zwangs- irregular- ausgesetzt- zuruckgehalt- compliance- maximal- exceed- uberschrit- verifik- attentie- letztmal-
    suspend- suspens- verif- confirm- bestatig- bevestig- conferm- expir- ablauf- ablaeuft- verlopen- vervall-
    scadenz- caduc urgent- dringend- immedia- sofort- umgehend- unverzug- onmiddellijk- inmediat- imediat- subito- restrict-
    eingeschrank- beperkt- limitad- limite- deactiv- deaktiv- desactiv- disable- block gesperrt- sperr- bloqu- blocc- geblokk-
    unusual- ungewohn- inhabitu- inusual- unauthor- unbefugt- illegitim- suspicious- verdachtig- suspect- sospech- terminat-
    delet- losch supprim- elimin- unlock- reactiv- reaktiv- reactiv- validat- valider- validar- aktualisier- actualiz- actualis-
    atualiz- aggiorn- bijwerk- hours stunden- heures- horas ore warning- warnung- avertiss- aviso avviso- alert
    failure- failed- echec fallid- breach- compromis- overdue- uberfallig- pending- ausstehend- attente- pendente- pendiente-
    required- erforderlich- requis- requer- obligat- mandatory- verplicht- final letzte- dernier- ultim warten- unpaid-`,
  parcel: `levering- aflever- lever- verzend- zending- bestelling- lieferung- paczk- przesyl- dostaw- kuriersk- taxa- taxas- liberac- pendient- transport- destinat- empfang- zusteller- paczkomat-
    parcel- packag- paket packchen- colis paquete- pacote- encomenda- pacco pakket- shipment- shipping- sendung-
    versand- envio spedizion- deliver- zustell- liefer- livrais- livrer- entreg- consegn- bezorg- courier- kurier- coursier-
    correo- tracking- sendungsnum- suivi rastre- tracciam- customs- zoll douane- aduana- alfandeg- dogana- postal- address-
    adresse- direccion- endereco- indirizzo- depot lager entrepot- retid reten`,
  prize: `auserwahl- sieger- gluckspilz- tirage- ziehung- sorteio- sorteo- rifa lotes- sconto- rabatt- sicher- vincitor- wygr- nagrod- gewonnen- prijs- winnaar- kado geschenkkart- punkte pontos puntos points- milhas resgat- ganaste- ganado-
    congratul- gluckwunsch- gratulier- felicit- gefeliciteerd- parabens- complimenti- winner- gewinn- gewonn- gagnant- gagne
    ganador- ganhou- vencedor- vincit- won prize preis lot premio- reward- belohnung- recompens- recompensa- ricompensa- beloning-
    gift geschenk- cadeau- regalo- presente- giveaway- selected- ausgewahlt- selectionn- seleccionad- selecionad- uitgekozen-
    chosen- choisi- elegid- escolhid- voucher- gutschein- coupon- bon cheque-cadeau survey- umfrage- sondage- encuesta- pesquisa-
    enquete- claim einlos- reclam- exclusive- exklusiv- exclusif- free gratis- kostenlos- gratuit- bonus cashback- lucky
    sweepstake- promo spins jackpot- casino- chance- iphone- samsung-`,
  coins: `claim- allocat- eligib- presale- coin coins wallets- ledger- redistribut- stablecoin- trading- profit- binanc- payout- usd1 btc's
    bitcoin- btc ethereum- ether eth usdt usdc xrp solana- crypto- krypto- cripto- blockchain- token airdrop- nft mint
    staking- stake defi ledger- metamask- wallet- seedphrase- seed recovery- coinbase- binance- trustwallet- mining- satoshi-
    presale- dex web3`,
  /** The friendly stranger with a fortune to share. */
  fortune: `onu milhoes millones millonen- naco- vitim- indeniz- heredar- heredit- bankdirekt- nachlass- erblass- abogado- advogad- avocat- anwalt- united- nations- next philanthrop- humanitar- widowed- atm envelope gold- diamond- sanction- soldier- army- syria- urgentrepl- proposta- propuesta- vorschlag- proposit- reply- winning- fortune- trust- bless- reichtum- vermog- oil-
    million- beneficia- inherit- heritage- herencia- heranca- erbschaft- erbe testament- deceased- late kin verstorb-
    defunt- fallecid- falecid- barrister- attorney- solicitor- notary- notaire- fund funds fonds fondos- fundos- donat spende- donation-
    donacion- doacao- charit- orphan- widow cancer- god allah church- compensat- entschadig- indemni-
    consignment- diplomat- confidential- vertraulich- confident- partner- transaction- transfer- ubertrag- transfert-
    loan darlehen- pret prestamo- emprestimo- invest- proposal- lottery- lotterie- loteria- dollars-
    united- nations- imf ministry- minister- bank director- manager- nationality- foreign- overseas- compassion- dying`,
  /** The stranger who has seen it all. */
  threat: `webcam- camera- kamera- masturb- porn hacked- hacker- gehackt- pirat malware- trojan- virus rat spyware-
    recorded- recording- record- footage- video videos- contacts- kontakte- friends- relatives- colleagues- reputation-
    shame ransom- embarrass- pervert- adult infected- monitored- device- devices- gerat bitcoin- btc wallet- payment- transfer-
    hours delete- destroy- secret- private- darknet-`,
  goods: `mannlich- manneskraft- sexuell- damen- heiss- geil- sexparty- vrouwen- meisj- femmes filles beaute- rencontr- mujeres- chicas- ukrain- russian- russische- lonely- naakt- neuken- single- potency- hearing- knee joint- memory- pain- neuropath- cholesterol- vision- detox- metabol- cannabis-
    viagra- cialis- levitra- pharmac- apothek- pills pillen- pilule- potenz- erekt- erect erection- penis libido- sexual- sexy
    sex fuck ficken- nackt naked nude girls madchen- frauen- dating- singles- hookup- milf porn slim weight- abnehm- gewicht-
    keto gummies- cbd diet diat fett fat belly diabet- blood tinnitus- prostat- replica- rolex watches- casino-
    loan kredit- insurance- supplement- testosteron- serum wrinkle- hair toenail- fungus-`,
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
