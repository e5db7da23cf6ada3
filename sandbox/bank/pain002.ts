// The bank's word on a file: a pain.002.001.10.
import { escapeXml } from './xml.ts';

export interface Report {
  readonly messageId: string;
  readonly status: string;
  readonly reason?: string;
  readonly text?: string;
  readonly rejected?: readonly { readonly end_to_end_id: string; readonly reason: string }[];
}

let reports = 0;

export function writePain002(report: Report): string {
  reports += 1;
  const now = new Date().toISOString().slice(0, 19) + 'Z';
  const id = escapeXml(report.messageId);
  const entries = (report.rejected ?? []).map(
    (each) =>
      `<TxInfAndSts><OrgnlEndToEndId>${escapeXml(each.end_to_end_id)}</OrgnlEndToEndId><TxSts>RJCT</TxSts>` +
      `${reasonOf(each.reason)}</TxInfAndSts>`,
  );
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>' +
    `<GrpHdr><MsgId>STATUS-${reports}</MsgId><CreDtTm>${now}</CreDtTm></GrpHdr>` +
    `<OrgnlGrpInfAndSts><OrgnlMsgId>${id}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>` +
    `<GrpSts>${report.status}</GrpSts>${reasonOf(report.reason, report.text)}</OrgnlGrpInfAndSts>` +
    `<OrgnlPmtInfAndSts><OrgnlPmtInfId>${id}</OrgnlPmtInfId>${entries.join('')}</OrgnlPmtInfAndSts>` +
    '</CstmrPmtStsRpt></Document>'
  );
}

function reasonOf(code?: string, text?: string): string {
  if (code === undefined || code === '') return '';
  const more = text === undefined ? '' : `<AddtlInf>${escapeXml(text.slice(0, 105))}</AddtlInf>`;
  return `<StsRsnInf><Rsn><Cd>${code}</Cd></Rsn>${more}</StsRsnInf>`;
}
