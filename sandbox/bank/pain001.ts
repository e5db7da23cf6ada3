// What the bank reads of a pain.001.001.09, and what it refuses: a file that does not add up, an account number with
// wrong check digits, a text that is too long. Source: ISO 20022 message definition report, EPC132-08.
import { all, one, parseXml, XmlError, type Element } from './xml.ts';

export interface Transfer {
  readonly endToEndId: string;
  readonly amount: bigint; // in the currency's smallest decimal that was written
  readonly creditor: string; // the account's number
  readonly name: string;
  readonly remittance: string;
}

export interface PaymentFile {
  readonly messageId: string;
  readonly debtor: string;
  readonly currency: string;
  readonly sum: bigint;
  readonly executionDate: string;
  readonly transfers: readonly Transfer[];
}

/** A file that the bank understands well enough to say what is wrong with it. */
export class FileRefused extends Error {
  readonly messageId: string;
  readonly code: string;
  constructor(messageId: string, code: string, why: string) {
    super(why);
    this.messageId = messageId;
    this.code = code;
  }
}

const namespace = 'urn:iso:std:iso:20022:tech:xsd:pain.001.001.09';

/** Errors: XmlError (not even a message), FileRefused (a reason code of ISO's list). */
export function readPain001(source: string): PaymentFile {
  const root = parseXml(source);
  if (root.name !== 'Document' || root.attributes.get('xmlns') !== namespace) throw new XmlError('another message');
  const message = one(root, 'CstmrCdtTrfInitn');
  const messageId = bounded(one(message, 'GrpHdr/MsgId').text, 35);
  const refuse = (code: string, why: string): FileRefused => new FileRefused(messageId, code, why);
  try {
    const payment = one(message, 'PmtInf');
    if (one(payment, 'PmtMtd').text !== 'TRF') throw refuse('FF01', 'not a transfer');
    const transfers = all(payment, 'CdtTrfTxInf').map((each) => transferFrom(each));
    const currencies = new Set(
      all(payment, 'CdtTrfTxInf/Amt/InstdAmt').map((each) => each.attributes.get('Ccy') ?? ''),
    );
    const [currency = ''] = currencies;
    if (currencies.size !== 1 || !/^[A-Z]{3}$/.test(currency)) throw refuse('AM03', 'not one currency');
    const sum = transfers.reduce((total, each) => total + each.amount, 0n);
    for (const place of [one(message, 'GrpHdr'), payment]) {
      if (one(place, 'NbOfTxs').text !== String(transfers.length)) throw refuse('AM18', 'the count differs');
      if (amountOf(one(place, 'CtrlSum').text) !== sum) throw refuse('AM10', 'the control sum differs');
    }
    const executionDate = one(payment, 'ReqdExctnDt/Dt').text;
    if (!/^\d{4}-\d\d-\d\d$/.test(executionDate)) throw refuse('DT01', 'no date');
    bounded(one(payment, 'Dbtr/Nm').text, 70);
    one(payment, 'DbtrAgt/FinInstnId');
    if (new Set(transfers.map((each) => each.endToEndId)).size !== transfers.length) {
      throw refuse('DU03', 'two entries with one id');
    }
    return { messageId, debtor: accountOf(one(payment, 'DbtrAcct')), currency, sum, executionDate, transfers };
  } catch (error) {
    if (error instanceof XmlError) throw refuse('FF01', error.message);
    throw error;
  }
}

function transferFrom(entry: Element): Transfer {
  const remittance = all(entry, 'RmtInf/Ustrd').map((each) => bounded(each.text, 140));
  return {
    endToEndId: bounded(one(entry, 'PmtId/EndToEndId').text, 35),
    amount: amountOf(one(entry, 'Amt/InstdAmt').text),
    creditor: accountOf(one(entry, 'CdtrAcct')),
    name: bounded(one(entry, 'Cdtr/Nm').text, 70),
    remittance: remittance.join(' '),
  };
}

function bounded(text: string, most: number): string {
  const characters = [...text].length;
  if (characters < 1 || characters > most) throw new XmlError('a text is empty or too long');
  return text;
}

/** "12.34" is 1234: every amount of a file has the decimals of its currency. */
function amountOf(text: string): bigint {
  if (!/^\d{1,15}(\.\d{1,5})?$/.test(text)) throw new XmlError('no amount');
  const amount = BigInt(text.replace('.', ''));
  if (amount === 0n) throw new XmlError('an amount of nothing');
  return amount;
}

function accountOf(account: Element): string {
  const [iban] = all(account, 'Id/IBAN');
  if (iban === undefined) return bounded(one(account, 'Id/Othr/Id').text, 34);
  if (!isIban(iban.text)) throw new XmlError('an IBAN with wrong check digits');
  return iban.text;
}

export function isIban(text: string): boolean {
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(text)) return false;
  const digits = (text.slice(4) + text.slice(0, 4)).replaceAll(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55));
  return BigInt(digits) % 97n === 1n;
}
