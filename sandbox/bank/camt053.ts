// The bank's statement of one account: a camt.053.001.08.
import { escapeXml } from './xml.ts';
import { isIban } from './pain001.ts';

export interface Booking {
  /** In cents; negative: a debit. */
  readonly amount: bigint;
  readonly currency: string;
  readonly account: string;
  readonly name: string;
  readonly remittance: string;
  readonly endToEndId: string;
  readonly messageId: string;
}

export function writeCamt053(number: number, account: string, bookings: readonly Booking[]): string {
  const now = new Date().toISOString().slice(0, 19) + 'Z';
  const [currency = 'EUR'] = bookings.map((each) => each.currency);
  const closing = bookings.reduce((sum, each) => sum + each.amount, 0n);
  const balance = (code: string, amount: bigint): string =>
    `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp>${money(amount, currency)}` +
    `<Dt><Dt>${now.slice(0, 10)}</Dt></Dt></Bal>`;
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>' +
    `<GrpHdr><MsgId>STATEMENT-${number}</MsgId><CreDtTm>${now}</CreDtTm></GrpHdr>` +
    `<Stmt><Id>STATEMENT-${number}</Id><CreDtTm>${now}</CreDtTm><Acct><Id>${accountId(account)}</Id></Acct>` +
    `${balance('OPBD', 0n)}${balance('CLBD', closing)}` +
    `${bookings.map((each, i) => entry(each, `${number}-${i + 1}`, now)).join('')}` +
    '</Stmt></BkToCstmrStmt></Document>'
  );
}

function entry(booking: Booking, reference: string, now: string): string {
  const came = booking.amount >= 0n;
  const side = came ? 'Dbtr' : 'Cdtr';
  const day = `<Dt>${now.slice(0, 10)}</Dt>`;
  return (
    `<Ntry>${money(booking.amount, booking.currency)}<Sts><Cd>BOOK</Cd></Sts><BookgDt>${day}</BookgDt>` +
    `<ValDt>${day}</ValDt><AcctSvcrRef>${reference}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly>` +
    `<Cd>${came ? 'RCDT' : 'ICDT'}</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs>` +
    (booking.messageId === '' ? '' : `<MsgId>${escapeXml(booking.messageId)}</MsgId>`) +
    `<EndToEndId>${escapeXml(booking.endToEndId)}</EndToEndId></Refs><RltdPties><${side}><Pty>` +
    `<Nm>${escapeXml(booking.name)}</Nm></Pty></${side}><${side}Acct><Id>${accountId(booking.account)}</Id>` +
    `</${side}Acct></RltdPties>` +
    (booking.remittance === '' ? '' : `<RmtInf><Ustrd>${escapeXml(booking.remittance)}</Ustrd></RmtInf>`) +
    '</TxDtls></NtryDtls></Ntry>'
  );
}

function money(amount: bigint, currency: string): string {
  const digits = String(amount < 0n ? -amount : amount).padStart(3, '0');
  return (
    `<Amt Ccy="${currency}">${digits.slice(0, -2)}.${digits.slice(-2)}</Amt>` +
    `<CdtDbtInd>${amount < 0n ? 'DBIT' : 'CRDT'}</CdtDbtInd>`
  );
}

function accountId(account: string): string {
  return isIban(account) ? `<IBAN>${account}</IBAN>` : `<Othr><Id>${escapeXml(account)}</Id></Othr>`;
}
