// The words of identification, in each language. The other two have the shape of the first, checked by the compiler.
import type { Language } from './language.ts';

const en = {
  email: 'E-mail',
  emailMissing: 'Enter your e-mail address, like name@example.com.',
  sendCode: 'Send the code',
  codeText: (email: string) => `We sent a code to ${email}. It is good for ten minutes.`,
  code: 'Code from the e-mail',
  codeMissing: 'Enter the six digits from the e-mail.',
  codeWrong: 'That code did not match.',
  attemptsLeft: (left: number) => (left === 1 ? '1 attempt is left.' : `${left} attempts are left.`),
  codeExpired: 'This code is no longer good. Ask for a new one below.',
  newCode: 'Send a new code',
  newCodeIn: (seconds: number) => `Send a new code (in ${seconds} s)`,
  newCodeSent: 'A new code is on its way.',
  otherEmail: 'Use another e-mail',
  continue: 'Continue',
  working: 'One moment…',
};

export type IdentifyTexts = typeof en;

const sv: IdentifyTexts = {
  email: 'E-post',
  emailMissing: 'Ange din e-postadress, till exempel namn@example.com.',
  sendCode: 'Skicka koden',
  codeText: (email) => `Vi har skickat en kod till ${email}. Den gäller i tio minuter.`,
  code: 'Kod från mejlet',
  codeMissing: 'Ange de sex siffrorna från mejlet.',
  codeWrong: 'Koden stämde inte.',
  attemptsLeft: (left) => `${left} försök kvar.`,
  codeExpired: 'Koden gäller inte längre. Be om en ny nedan.',
  newCode: 'Skicka en ny kod',
  newCodeIn: (seconds) => `Skicka en ny kod (om ${seconds} s)`,
  newCodeSent: 'En ny kod är på väg.',
  otherEmail: 'Använd en annan adress',
  continue: 'Fortsätt',
  working: 'Ett ögonblick…',
};

const de: IdentifyTexts = {
  email: 'E-Mail',
  emailMissing: 'Bitte Ihre E-Mail-Adresse eingeben, zum Beispiel name@example.com.',
  sendCode: 'Code schicken',
  codeText: (email) => `Wir haben einen Code an ${email} geschickt. Er gilt zehn Minuten.`,
  code: 'Code aus der E-Mail',
  codeMissing: 'Bitte die sechs Ziffern aus der E-Mail eingeben.',
  codeWrong: 'Dieser Code hat nicht gepasst.',
  attemptsLeft: (left) => (left === 1 ? 'Noch 1 Versuch.' : `Noch ${left} Versuche.`),
  codeExpired: 'Dieser Code gilt nicht mehr. Unten können Sie einen neuen anfordern.',
  newCode: 'Neuen Code schicken',
  newCodeIn: (seconds) => `Neuen Code schicken (in ${seconds} s)`,
  newCodeSent: 'Ein neuer Code ist unterwegs.',
  otherEmail: 'Andere E-Mail benutzen',
  continue: 'Weiter',
  working: 'Einen Moment…',
};

export const kIdentifyTexts: Record<Language, IdentifyTexts> = { en, sv, de };
