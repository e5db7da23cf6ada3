// The words of the card form, per language.
import type { Problem } from './card_rules.ts';

export type ServerProblem = 'unreachable' | 'expired' | 'misplaced';

export interface Texts extends Record<Problem | ServerProblem, string> {
  title: string;
  number: string;
  expiry: string;
  expiry_hint: string;
  code: string;
  code_hint: string;
  name: string;
}

const en: Texts = {
  title: 'Card details',
  number: 'Card number',
  expiry: 'Expiry date',
  expiry_hint: 'MM / YY',
  code: 'Security code',
  code_hint: '3 digits on the back',
  name: 'Name on card',
  number_missing: 'Enter the card number.',
  number_incomplete: 'Some digits of the card number are missing.',
  number_wrong: 'This is not a valid card number. Check it against your card.',
  brand_unknown: 'This card cannot be used here. Visa and Mastercard can.',
  expiry_missing: 'Enter the expiry date.',
  expiry_wrong: 'Enter the month and year, like 04 / 29.',
  expiry_past: 'This card has expired. Use another one.',
  code_missing: 'Enter the security code.',
  code_wrong: 'The security code has 3 digits.',
  name_missing: 'Enter the name on the card.',
  name_wrong: 'Enter the name as it is printed on the card.',
  unreachable: 'The card could not be saved just now. Nothing was charged. Please try again.',
  expired: 'This form has been open too long. Please enter the card again.',
  misplaced: 'This form cannot be used here.',
};

const sv: Texts = {
  title: 'Kortuppgifter',
  number: 'Kortnummer',
  expiry: 'Giltigt till',
  expiry_hint: 'MM / ÅÅ',
  code: 'Säkerhetskod',
  code_hint: '3 siffror på baksidan',
  name: 'Namn på kortet',
  number_missing: 'Ange kortnumret.',
  number_incomplete: 'Det saknas siffror i kortnumret.',
  number_wrong: 'Det är inte ett giltigt kortnummer. Jämför med kortet.',
  brand_unknown: 'Det här kortet kan inte användas här. Visa och Mastercard går bra.',
  expiry_missing: 'Ange giltighetstiden.',
  expiry_wrong: 'Ange månad och år, till exempel 04 / 29.',
  expiry_past: 'Kortet har gått ut. Använd ett annat.',
  code_missing: 'Ange säkerhetskoden.',
  code_wrong: 'Säkerhetskoden har 3 siffror.',
  name_missing: 'Ange namnet på kortet.',
  name_wrong: 'Ange namnet som det står på kortet.',
  unreachable: 'Kortet kunde inte sparas just nu. Inget har dragits. Försök igen.',
  expired: 'Formuläret har varit öppet för länge. Ange kortet igen.',
  misplaced: 'Formuläret kan inte användas här.',
};

const de: Texts = {
  title: 'Kartendaten',
  number: 'Kartennummer',
  expiry: 'Gültig bis',
  expiry_hint: 'MM / JJ',
  code: 'Prüfnummer',
  code_hint: '3 Ziffern auf der Rückseite',
  name: 'Name auf der Karte',
  number_missing: 'Bitte die Kartennummer eingeben.',
  number_incomplete: 'In der Kartennummer fehlen Ziffern.',
  number_wrong: 'Das ist keine gültige Kartennummer. Bitte mit der Karte vergleichen.',
  brand_unknown: 'Diese Karte kann hier nicht benutzt werden. Visa und Mastercard schon.',
  expiry_missing: 'Bitte das Ablaufdatum eingeben.',
  expiry_wrong: 'Bitte Monat und Jahr eingeben, zum Beispiel 04 / 29.',
  expiry_past: 'Diese Karte ist abgelaufen. Bitte eine andere benutzen.',
  code_missing: 'Bitte die Prüfnummer eingeben.',
  code_wrong: 'Die Prüfnummer hat 3 Ziffern.',
  name_missing: 'Bitte den Namen auf der Karte eingeben.',
  name_wrong: 'Bitte den Namen so eingeben, wie er auf der Karte steht.',
  unreachable:
    'Die Karte konnte gerade nicht gespeichert werden. Es wurde nichts abgebucht. Bitte noch einmal versuchen.',
  expired: 'Das Formular war zu lange offen. Bitte die Karte noch einmal eingeben.',
  misplaced: 'Dieses Formular kann hier nicht benutzt werden.',
};

const kTexts: Record<string, Texts> = { en, sv, de };

export function textsFor(language: string): { language: string; texts: Texts } {
  const known = language.slice(0, 2).toLowerCase();
  const texts = Object.hasOwn(kTexts, known) ? kTexts[known] : undefined;
  return texts ? { language: known, texts } : { language: 'en', texts: en };
}
