import type { Texts } from './en.ts';

export const de: Texts = {
  close: 'Schließen',
  back: 'Zurück',
  continue: 'Weiter',
  retry: 'Noch einmal versuchen',
  today: 'Heute',
  total: 'Summe',
  payTo: (merchant) => `Zahlung an ${merchant}`,
  step: (number, of) => `Schritt ${number} von ${of}`,
  working: 'Einen Moment…',

  planTitle: 'Wie möchten Sie bezahlen?',
  planLegend: 'Zahlungsarten',
  planMissing: 'Bitte wählen, wie Sie bezahlen möchten.',
  planNames: { pay_now: 'Jetzt bezahlen', pay_in_30: 'In 30 Tagen bezahlen', pay_in_3: 'In 3 Teilen bezahlen' },
  planNotes: {
    pay_now: 'Mit Karte, der ganze Betrag. Das ist kein Kredit.',
    pay_in_30: 'Heute nichts zu zahlen. Das ist ein Kredit.',
    pay_in_3: 'Ein Drittel heute, der Rest von Ihrer Karte. Das ist ein Kredit.',
  },
  totalToPay: (amount) => `Insgesamt zu zahlen ${amount}`,
  unavailable: 'Für diesen Kauf nicht möglich.',
  chosenInReview: 'Ihr Zahlungsplan',

  emailTitle: 'Ihre E-Mail',
  emailText: 'Wir schicken einen Code dorthin, damit nur Sie in Ihrem Namen bezahlen können.',
  email: 'E-Mail',

  codeTitle: 'Code eingeben',

  cardTitle: 'Ihre Karte',
  savedCards: 'Ihre Karten',
  anotherCard: 'Eine andere Karte',
  cardFrameTitle: 'Kartendaten: Nummer, Ablaufdatum, Prüfnummer, Name',
  cardSafe: 'Die Karte geht direkt in einen getrennten Tresor. Weder der Shop noch diese Seite kann sie sehen.',
  ending: 'mit den Endziffern',
  expires: (expiry) => `gültig bis ${expiry}`,

  reviewTitle: 'Prüfen und bestätigen',
  change: 'Ändern',
  plan: 'Plan',
  card: 'Karte',
  noCard: 'Keine Karte nötig',
  termsBefore: 'Mit der Bestätigung nehmen Sie die ',
  terms: 'Bedingungen dieses Plans',
  termsAfter: ' an.',
  newWindow: '(öffnet ein neues Fenster)',
  confirmNow: (amount) => `Jetzt ${amount} bezahlen`,
  confirmLater: (zero) => `Bestätigen: jetzt ${zero} abgebucht`,
  reserved: (amount, merchant) =>
    `${amount} werden jetzt auf Ihrer Karte reserviert und abgebucht, wenn ${merchant} die Bestellung verschickt.`,
  laterBy: (amount, date) => `Sie zahlen ${amount} bis zum ${date}. Wir erinnern Sie daran.`,
  restFromCard: 'Die späteren Teile werden an ihren Tagen von derselben Karte abgebucht.',
  confirming: 'Ihre Bank wird gefragt…',
  deciding: 'Wird bestätigt…',

  doneTitle: 'Fertig',
  doneText: (merchant) => `Sie kommen jetzt zurück zu ${merchant}.`,
  toShop: (merchant) => `Weiter zu ${merchant}`,
  refusedTitle: 'Diese Zahlungsart ist hier nicht möglich',
  refusedText:
    'Wir können sie für diesen Kauf nicht anbieten. Es wurde nichts abgebucht. Im Shop können Sie anders bezahlen.',
  refusedReview: 'Sie haben das Recht, diese Entscheidung von einem Menschen prüfen zu lassen.',
  otherWay: 'Andere Zahlungsart wählen',

  errors: {
    CARD_DECLINED:
      'Die Bank hat diese Karte nicht freigegeben. Es wurde nichts abgebucht. Eine andere Karte kann gehen.',
    CARD_EXPIRED: 'Laut Bank ist diese Karte abgelaufen. Es wurde nichts abgebucht. Eine andere Karte kann gehen.',
    CARD_INSUFFICIENT_FUNDS:
      'Laut Bank reicht die Deckung der Karte nicht aus. Es wurde nichts abgebucht. Eine andere Karte kann gehen.',
    CARD_UNREACHABLE:
      'Die Bank hat nicht geantwortet. Falls etwas reserviert wurde, wird es freigegeben. Bitte noch einmal versuchen.',
    TOO_MANY_REQUESTS: 'Das war oft in kurzer Zeit. Bitte eine Minute warten und noch einmal versuchen.',
    NETWORK: 'Gerade besteht keine Verbindung. Es ist nichts verloren; bitte noch einmal versuchen.',
    SESSION_ENDED: 'Diese Zahlung war zu lange offen. Bitte im Shop neu beginnen. Es wurde nichts abgebucht.',
    TERMS_CHANGED: 'Die Bedingungen haben sich inzwischen geändert. Bitte noch einmal ansehen.',
    AMOUNT_CHANGED:
      'Die Bestellung im Shop hat sich geändert. Bitte die Zahlung im Shop neu beginnen. Es wurde nichts abgebucht.',
    TRY_AGAIN: 'Das hat gerade nicht geklappt. Bitte noch einmal versuchen.',
    UNKNOWN_OUTCOME:
      'Wir wissen noch nicht, ob es geklappt hat. Bitte noch einmal versuchen: Es wird nicht doppelt abgebucht.',
    MORE_NEEDED:
      'Ihre Bank verlangt einen weiteren Schritt, der hier noch nicht möglich ist. Es wurde nichts abgebucht. Eine andere Karte kann gehen.',
  },
};
