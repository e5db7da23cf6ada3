// Log lines: one JSON object per line on stderr.
//
// What it is not: a place for what people typed. Callers pass names of events, counts, codes and ports; never an
// address, a header, a card number, a mail or a path with a query.

export type LogValue = string | number | boolean | null;
export type Log = (event: string, fields?: Readonly<Record<string, LogValue>>) => void;

/** Writes to the given stream; the time is the wall clock, which is right for logs. */
export function createLog(stream: NodeJS.WritableStream = process.stderr): Log {
  return (event, fields = {}) => {
    stream.write(JSON.stringify({ time: new Date().toISOString(), event, ...fields }) + '\n');
  };
}

export const silentLog: Log = () => undefined;

/** The name of an error and nothing else: messages of libraries may quote what was sent. */
export function errorName(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const code = (error as NodeJS.ErrnoException).code;
  return typeof code === 'string' ? code : error.name;
}
