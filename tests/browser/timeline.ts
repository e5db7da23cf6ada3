// What happened, in the order it happened, from everybody who saw it: the player, the card network, the ledger.
import { execFileSync } from 'node:child_process';
import { existsSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Addresses } from './world/addresses.ts';
import type { Sandbox } from './world/sandbox.ts';

export interface Entry {
  readonly at: number;
  readonly who: string;
  readonly text: string;
}

export class Timeline {
  readonly #entries: Entry[] = [];

  note(who: string, text: string, at = Date.now()): void {
    this.#entries.push({ at, who, text });
  }

  count(who: string): number {
    return this.#entries.filter((entry) => entry.who === who).length;
  }

  /** In time order; what the same millisecond saw keeps the order in which it was noted. */
  print(): string {
    const width = Math.max(...this.#entries.map(({ who }) => who.length));
    return this.#entries
      .toSorted((a, b) => a.at - b.at)
      .map(({ at, who, text }) => `  ${new Date(at).toISOString().slice(11, 23)}  ${who.padEnd(width)}  ${text}`)
      .join('\n');
  }
}

const kMeanings: Readonly<Record<string, string>> = {
  '0100': 'hold',
  '0110': 'hold, answer',
  '0200': 'charge',
  '0210': 'charge, answer',
  '0220': 'completion',
  '0221': 'completion, again',
  '0230': 'completion, answer',
  '0400': 'reversal',
  '0410': 'reversal, answer',
  '0420': 'reversal advice',
  '0421': 'reversal advice, again',
  '0430': 'reversal advice, answer',
};

/** The card network's journal since a moment; its sign-ons and echoes are left out. */
export async function addCardMessages(timeline: Timeline, sandbox: Sandbox, since: number): Promise<void> {
  for (const line of (await sandbox.messages()).reverse()) {
    const at = Date.parse(line.time);
    if (at < since || line.mti.startsWith('08')) continue;
    const parts = [
      `${line.direction === 'in' ? '→' : '←'} ${line.mti} ${kMeanings[line.mti] ?? ''}`,
      line.amount === null ? '' : (line.amount / 100).toFixed(2),
      line.card === null ? '' : `${line.card.brand} ····${line.card.last4}`,
      `DE37 ${line.retrieval_reference ?? '-'}`,
      line.original_reference === null ? '' : `of ${line.original_reference}`,
      line.response_code === null ? '' : `DE39 ${line.response_code}`,
    ];
    timeline.note('card network', parts.filter((part) => part !== '').join('  '), at);
  }
}

interface TransferRow {
  step: string;
  kind: string;
  debit: string;
  credit: string;
  amount_minor: number;
  currency: string;
  business_time: number;
}

/** The ledger's transfers since a moment, read from the database of the server, which goes on meanwhile. */
export function addTransfers(timeline: Timeline, karv: Addresses, since: number): void {
  const database = new DatabaseSync(join(karv.folder, 'server.db'), { readOnly: true });
  try {
    const rows = database
      .prepare(
        `select t.step, t.kind, d.kind as debit, c.kind as credit, t.amount_minor, t.currency, t.business_time
         from ledger_transfers t
         join ledger_accounts d on d.account_id = t.debit_account
         join ledger_accounts c on c.account_id = t.credit_account
         where t.business_time >= ? order by t.transfer_id`,
      )
      .all(since) as unknown as TransferRow[];
    for (const row of rows) {
      const amount = `${(row.amount_minor / 100).toFixed(2)} ${row.currency}`;
      timeline.note('ledger', `${row.kind} (${row.step})  ${row.debit} → ${row.credit}  ${amount}`, row.business_time);
    }
  } finally {
    database.close();
  }
}

/** The command line beside the server that runs, or in KARV_BIN_DIR. */
function commandLine(karv: Addresses): string {
  const named = process.env['KARV_BIN_DIR'];
  const folder = named ?? dirname(readlinkSync(`/proc/${karv.processes['karv-server']}/exe`));
  const program = join(folder, 'karv');
  if (!existsSync(program)) throw new Error(`${program} is missing`);
  return program;
}

/** Recomputes the ledger. Errors: what `karv ledger verify` found. */
export function verifyLedger(karv: Addresses): string {
  const given = ['ledger', 'verify', '--config', karv.server_config];
  return execFileSync(commandLine(karv), given, { encoding: 'utf8' }).trim();
}
