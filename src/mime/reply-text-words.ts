/**
 * The words by which mailers introduce a quote or sign, by language. Where a form can be told without words (a date, a
 * time, an address and a colon) the rules do so; what stands here is the rest.
 */

const VERBS = [
  ...['wrote', 'writes', 'said', 'quoting', 'schrieb', 'schreibt', 'geschrieben', 'zitat von', 'écrit', 'ecrit'],
  ...['escribió', 'escribio', 'escribe', 'escreveu', 'escrito', 'va escriure', 'scritto', 'scrive', 'scriveva'],
  ...['schreef', 'geschreven', 'pisze', 'napisał', 'napisała', 'napisał\\(a\\)', 'napsal', 'napsala', 'napsal\\(a\\)'],
  ...['napísal', 'napísala', 'napisao', 'napisala', 'napisao\\/la', 'skrev', 'skrifaði', 'kirjoitti', 'írta'],
  ...['yazdı', 'a scris', 'scrie', 'έγραψε', 'написал', 'написала', 'написал\\(а\\)', 'пишет'],
  ...['писал', 'писал\\(а\\)', 'пише', 'написав', 'написа', 'rašė', 'parašė', 'rakstīja', 'kirjutas'],
  ...['đã viết', 'menulis', 'كتب', 'كتبت', 'כתב', 'כתבה', 'כתב\\/ה'],
]
const VERBS_WITHOUT_SPACES = [
  ...[
    '写道',
    '寫道',
    '写到',
    '书写',
    '來信',
    'のメール',
    'のメッセージ',
    'さんが書きました',
    '書きました',
    'さんは書きました',
  ],
  ...['작성', '쓴 글', 'เขียน'],
]
export const VERB = new RegExp(
  `(?<![\\p{L}\\d])(?:${VERBS.join('|')})(?![\\p{L}\\d])|${VERBS_WITHOUT_SPACES.join('|')}`,
  'iu',
)

const OPENERS = [
  ...[
    'on',
    'at',
    'in',
    'am',
    'im',
    'le',
    'el',
    'il',
    'al',
    'op',
    'em',
    'no dia',
    'w dniu',
    'dnia',
    'dne',
    'den',
    'dňa',
  ],
  ...['στις', 'în', 'pe', 'vào', 'pada', 'на', 'ב', 'בתאריך', 'في', 'quoting', 'zitat von', 'von', 'from'],
  ...['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun', 'mo', 'di', 'mi', 'do', 'fr', 'sa', 'so', 'pon', 'wt', 'śr'],
  ...[
    'czw',
    'pt',
    'sob',
    'niedz',
    'пн',
    'вт',
    'ср',
    'чт',
    'пт',
    'сб',
    'вс',
    'нд',
    'ma',
    'ti',
    'ke',
    'to',
    'pe',
    'la',
    'su',
  ],
  ...['po', 'út', 'st', 'čt', 'pá', 'ne', 'man', 'tir', 'ons', 'tor', 'fre', 'lør', 'søn'],
  ...['понедельник', 'вторник', 'среда', 'четверг', 'пятница', 'суббота', 'воскресенье'],
]
/** How an attribution begins; a number, where a language begins with the date. */
export const OPENER = new RegExp(`^[\\s*]{0,3}(?:(?:${OPENERS.join('|')})(?![\\p{L}])|\\d|在|於|于|ในวันที่|บน)`, 'iu')

/** The words between the dashes of '-----Original Message-----', in lower case. */
export const SEPARATORS = new Set([
  ...['original message', 'original mail', 'original appointment', 'original', 'forwarded message', 'reply message'],
  ...['ursprüngliche nachricht', 'urspr. nachricht', 'originalnachricht', 'original-nachricht', 'originale nachricht'],
  ...['weitergeleitete nachricht', 'original nachricht', "message d'origine", 'message d’origine', 'message original'],
  ...['message initial', 'message transféré', 'message réexpédié', 'message transmis', 'mensaje original'],
  ...['mensaje reenviado', 'missatge original', 'missatge reenviat', 'mensagem original', 'mensagem encaminhada'],
  ...['messaggio originale', 'messaggio inoltrato', 'oorspronkelijk bericht', 'origineel bericht'],
  ...['doorgestuurd bericht', 'doorgestuurde bericht', 'wiadomość oryginalna', 'oryginalna wiadomość'],
  ...['wiadomość przekazana', 'przekazana wiadomość', 'treść przekazanej wiadomości', 'originalmeddelande'],
  ...['ursprungligt meddelande', 'vidarebefordrat meddelande', 'oprindelig meddelelse', 'videresendt meddelelse'],
  ...['opprinnelig melding', 'videresendt melding', 'alkuperäinen viesti', 'edelleenlähetetty viesti'],
  ...['välitetty viesti', 'исходное сообщение', 'пересылаемое сообщение', 'пересланное сообщение'],
  ...['перенаправленное сообщение', 'оригінальне повідомлення', 'переслане повідомлення', 'původní zpráva'],
  ...['původní e-mail', 'přeposlaná zpráva', 'pôvodná správa', 'preposlaná správa', 'eredeti üzenet'],
  ...['továbbított üzenet', 'orijinal mesaj', 'özgün ileti', 'iletilen mesaj', 'yönlendirilen mesaj'],
  ...['mesaj original', 'mesaj redirecționat', 'izvorna poruka', 'proslijeđena poruka', 'αρχικό μήνυμα'],
  ...['πρωτότυπο μήνυμα', 'προωθημένο μήνυμα', 'הודעה מקורית', 'הודעה שהועברה', 'رسالة أصلية', 'رسالة معاد توجيهها'],
  ...['元のメッセージ', '転送メッセージ', 'original message / 元のメッセージ', '原始邮件', '原邮件', '转发邮件'],
  ...[
    '转发的邮件',
    '转发邮件信息',
    '原始郵件',
    '轉寄郵件',
    '轉寄的郵件',
    '원본 메시지',
    '원본 메일',
    '전달된 메시지',
    '전달된 메일',
  ],
])

/** Apple's line above what is forwarded, in lower case and without its colon. */
export const FORWARD_OPENERS = new Set([
  ...['begin forwarded message', 'anfang der weitergeleiteten nachricht', 'début du message réexpédié'],
  ...['début du message transféré', 'inicio del mensaje reenviado', 'inizio messaggio inoltrato'],
  ...['início da mensagem reencaminhada', 'início da mensagem encaminhada', 'begin doorgestuurd bericht'],
  ...['vidarebefordrat brev', 'start på videresendt besked', 'videresendt melding', 'välitetty viesti alkaa'],
  ...['начало переадресованного сообщения', 'rozpoczęcie przekazanej wiadomości', '転送されたメッセージ'],
  ...['以下是转发的邮件', '開始轉寄郵件', '전달된 메시지'],
])

const LABELS: Record<string, string[]> = {
  from: [
    ...[
      'from',
      'von',
      'de',
      'da',
      'van',
      'od',
      'från',
      'fra',
      'lähettäjä',
      'от',
      'від',
      'feladó',
      'kimden',
      'gönderen',
    ],
    ...[
      'expéditeur',
      'remitente',
      'mittente',
      'absender',
      'afzender',
      'avsändare',
      'afsender',
      'nadawca',
      'odesílatel',
    ],
    ...[
      'de la',
      'από',
      'מאת',
      'من',
      '差出人',
      '送信者',
      '送信元',
      '发件人',
      '寄件者',
      '寄件人',
      '發件人',
      '보낸 사람',
      '보낸사람',
    ],
  ],
  sent: [
    ...[
      'sent',
      'date',
      'gesendet',
      'datum',
      'envoyé',
      'envoyé le',
      'enviado',
      'enviado el',
      'enviado em',
      'enviada em',
    ],
    ...['fecha', 'data', 'inviato', 'verzonden', 'wysłano', 'skickat', 'sendt', 'dato', 'lähetetty', 'päivämäärä'],
    ...['отправлено', 'дата', 'надіслано', 'odesláno', 'odoslané', 'poslano', 'elküldve', 'küldve', 'dátum', 'trimis'],
    ...[
      'gönderildi',
      'gönderme tarihi',
      'tarih',
      'στάλθηκε',
      'ημερομηνία',
      'נשלח',
      'תאריך',
      'التاريخ',
      'تاريخ الإرسال',
    ],
    ...[
      '送信日時',
      '日時',
      '日付',
      '发送时间',
      '发送日期',
      '發送時間',
      '日期',
      '寄件日期',
      '時間',
      '时间',
      '보낸 날짜',
      '날짜',
    ],
  ],
  to: [
    ...[
      'to',
      'an',
      'à',
      'a',
      'para',
      'aan',
      'do',
      'till',
      'til',
      'vastaanottaja',
      'кому',
      'címzett',
      'kime',
      'komu',
      'pro',
    ],
    ...['destinataire', 'destinatario', 'empfänger', 'către', 'za', 'προς', 'אל', 'إلى', '宛先', '收件人', '收件者'],
    ...['받는 사람', '받는사람'],
  ],
  copy: [
    ...['cc', 'kopie', 'copie à', 'kopia', 'kopi', 'копия', 'копія', 'másolatot kap', 'bilgi', 'κοιν', 'עותק', 'نسخة'],
    ...['抄送', '副本', '참조'],
  ],
  subject: [
    ...['subject', 'betreff', 'objet', 'asunto', 'oggetto', 'assunto', 'onderwerp', 'temat', 'ämne', 'emne', 'aihe'],
    ...['тема', 'předmět', 'predmet', 'tárgy', 'konu', 'subiect', 'assumpte', 'θέμα', 'נושא', 'الموضوع'],
    ...['件名', '主题', '主旨', '主題', '제목'],
  ],
}
const LABEL_KINDS = new Map(
  Object.entries(LABELS).flatMap(([kind, words]) => words.map((word) => [word, kind] as const)),
)
const LABEL = /^[\s*_]{0,4}([^\s:：*_][^:：*_]{0,20})[\s*_]{0,4}[:：]/

/** Which header a line 'Gesendet: ...' or '*Sent:* ...' shows, or null. */
export function headerLabel(line: string): string | null {
  const word = LABEL.exec(line)?.[1]
  return (word && LABEL_KINDS.get(word.trimEnd().toLowerCase())) ?? null
}

const APP_SIGNATURES = [
  ...['sent (?:from|via|with|using)', 'get (?:outlook|bluemail|spark|edison)', 'download outlook', 'yahoo mail:'],
  ...[
    '(?:diese (?:nachricht|e-mail) wurde )?(?:gesendet )?(?:von|mit|aus|via) (?:mein|unterwegs|der|outlook|proton|iphone)',
  ],
  ...[
    'gesendet (?:von|mit|aus|über|via)',
    'holen sie sich',
    'laden sie outlook',
    'outlook (?:für|pour|para|per|voor) ',
  ],
  ...[
    'envoyé (?:de|depuis|avec|à partir|via)',
    'obtenez ',
    'télécharge',
    'enviado (?:desde|do|de|a partir|con|com|por|via)',
  ],
  ...[
    'obtener ',
    'obtén ',
    'obter ',
    'inviato (?:da|dal|con|tramite)',
    'ottieni ',
    'scarica ',
    'verstuurd (?:vanaf|met|via|van)',
  ],
  ...[
    'verzonden (?:vanaf|met|via|van)',
    'outlook downloaden',
    'wysłan[eoay] (?:z|za|przez)',
    'pobierz ',
    'skickat från',
  ],
  ...[
    'skaffa ',
    'sendt fra',
    'sendt med',
    'hent ',
    'lähetetty ',
    'hanki ',
    'отправлено (?:с|из)',
    'скачать ',
    'відправлено (?:з|із)',
  ],
  ...[
    'надіслано (?:з|із)',
    'odesláno z',
    'odoslané z',
    'trimis de pe',
    'poslano s',
    'στάλθηκε από',
    'küldve ',
    'נשלח מ',
    'أرسلت من',
  ],
  ...[
    '从我的',
    '從我的',
    '发自',
    '發自',
    '获取 ',
    '取得 ',
    '下载',
    '(?:내|나의) \\S{1,20}에서',
    '(?:iphone|ipad|android|galaxy|xperia)\\S{0,8} ?(?:から送信|에서 보냄|gönderildi|küldve|lähetetty)',
  ],
  ...['(?:yahoo!?|outlook)\\S{0,10} ?(?:から送信|에서 보냄|メール)'],
]
/** How a line that a phone or an app adds begins. Both must match: this and one of the names. */
export const APP_SIGNATURE = new RegExp(`^(?:${APP_SIGNATURES.join('|')})`, 'iu')
export const APP_SIGNATURE_NAMES = new RegExp(
  [
    '^sent from my \\w|search, organi[sz]e, conquer',
    '\\b(?:iphone|ipad|ipod|apple (?:mail|watch)|android|galaxy|samsung|huawei|xiaomi|pixel|xperia|motorola|nokia|oneplus)',
    '\\b(?:outlook|blackberry|windows|mail for|yahoo|gmail|proton|tutanota|thunderbird|bluemail|gmx|web\\.de|spark|airmail)',
    '\\b(?:smartphone|handy|mobile|mobil\\w{0,8}|móvil|celular|telefon\\w{0,3}|téléphone|tablet|superhuman|zimbra)',
    'айфона|телефона|смартфона|手机|手機|携帯|スマートフォン',
  ].join('|'),
  'iu',
)

/** What a mailing list's footer says below its line. */
export const LIST_FOOTER =
  /mailing list|mailinglist|mailing-list|unsubscribe|listinfo|list-?(?:archive|help|info)|abmelden|abbestellen|désabonn|désinscri|cancelar la suscripci|cancellati|uitschrijven|отписаться|subscription|do you yahoo|yahoo! groups/i

/** Headings of legal and other footers: whatever is below is one. */
export const LEGAL_HEADING =
  /^[\s*_>[(]{0,4}(?:(?:e-?mail |legal |important )?(?:confidentiality|privacy|legal|disclosure) ?(?:notice|note|statement|disclaimer|caution)|(?:e-?mail )?disclaimer|aviso (?:legal|de confidencialidad|de privacidad)|avis de confidentialité|vertraulichkeitshinweis|(?:to|if you (?:wish|want|would like) to) unsubscribe|(?:you (?:received|are receiving|got) (?:this|these)(?: (?:message|e-?mail|mail)s?)? because)|please consider the environment|your use of yahoo|this e-?mail has been (?:checked|scanned) (?:for|by)|diese e-?mail wurde von \S{1,20} (?:auf viren|antivirus))/i

/** How a paragraph of law begins, without a heading. */
export const LEGAL = new RegExp(
  [
    '(?:this|the information (?:contained )?in this|the contents? of this) (?:e-?mail|message|communication|transmission)[^.]{0,200}(?:confidential|privileged|intended)',
    '(?:diese (?:e-?mail|nachricht|information)|der inhalt dieser (?:e-?mail|nachricht))[^.]{0,200}(?:vertraulich|bestimmt)',
    '(?:ce (?:message|courriel|mail|courrier)|les informations contenues)[^.]{0,200}(?:confidenti|destin)',
    '(?:este (?:mensaje|correo|e-?mail)|la información contenida)[^.]{0,200}(?:confidencial|destinatari)',
    '(?:esta mensagem|este e-?mail|as informações contidas)[^.]{0,200}(?:confidencia|destin)',
    '(?:questo messaggio|questa e-?mail|le informazioni contenute|il presente messaggio)[^.]{0,200}(?:riservat|confidenzial|destinat)',
    '(?:dit bericht|deze e-?mail|de informatie in (?:dit|deze))[^.]{0,200}(?:vertrouwelijk|bestemd)',
    '(?:niniejsza wiadomość|ta wiadomość|treść tej wiadomości)[^.]{0,200}(?:poufn|przeznaczon)',
    '(?:это сообщение|данное сообщение|информация, содержащаяся)[^.]{0,200}(?:конфиденциальн|предназначен)',
    '(?:本邮件|本郵件|本電子メール|このメール|本メール)[^。]{0,100}(?:机密|保密|機密|宛先|秘密)',
  ]
    .map((start) => `^[\\s*_>[(]{0,4}${start}`)
    .join('|'),
  'iu',
)
