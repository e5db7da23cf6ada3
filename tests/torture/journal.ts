// What the shop wrote down: every request it sent, and what was answered. The only witness that the server cannot
// change.
import { appendFileSync } from 'node:fs';
import type { Answer, Line } from './line.ts';

export type StepKind = 'session' | 'authorize' | 'order' | 'capture' | 'refund';

export interface Step {
  readonly kind: StepKind;
  readonly path: string;
  readonly body: unknown;
  /** Of the step, not of the attempt: a repeat carries it again. */
  readonly key: string | null;
  readonly amount: number;
  /** The id that a 2xx answer gave: acknowledged. */
  id: string | null;
  /** Statuses of the answers that were none of success. */
  refusals: number[];
}

export interface Purchase {
  readonly reference: string;
  readonly category: string;
  readonly amount: number;
  readonly steps: Step[];
  /** Not approved: over, and nothing is owed. */
  declined: boolean;
}

/** An answer that is not the one asked for. */
export class Refused extends Error {
  readonly answer: Answer;
  constructor(step: Step, answer: Answer) {
    super(`${step.kind} ${step.path}: ${answer.status} ${answer.text.slice(0, 300)}`);
    this.answer = answer;
  }
}

export const stepOf = (purchase: Purchase, kind: StepKind): Step | undefined =>
  purchase.steps.find((step) => step.kind === kind);
export const stepsOf = (purchase: Purchase, kind: StepKind): Step[] =>
  purchase.steps.filter((step) => step.kind === kind);

/** What a successful answer to this kind of step acknowledges. */
function acknowledged(step: Step, answer: Answer): string | null {
  const header = (name: string): string | null => {
    const value = answer.headers[name];
    return typeof value === 'string' ? value : null;
  };
  const member = (name: string): string | null => {
    const value = (JSON.parse(answer.text) as Record<string, unknown>)[name];
    return typeof value === 'string' ? value : null;
  };
  switch (step.kind) {
    case 'session':
      return answer.status === 200 ? member('session_id') : null;
    case 'authorize':
      return answer.status === 200 ? member('authorization_token') : null;
    case 'order':
      return answer.status === 200 ? member('order_id') : null;
    case 'capture':
      return answer.status === 201 ? header('capture-id') : null;
    case 'refund':
      return answer.status === 201 ? header('refund-id') : null;
  }
}

export class Journal {
  readonly purchases: Purchase[] = [];
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** Sends the step and writes down what was answered. Errors: Broken (no answer), Refused (another than success). */
  async perform(line: Line, purchase: Purchase, step: Step): Promise<string | null> {
    const answer = await line.post(step.path, step.body, step.key);
    const id = answer.status < 300 ? acknowledged(step, answer) : null;
    this.#write({ reference: purchase.reference, kind: step.kind, key: step.key, status: answer.status, id });
    if (id !== null) {
      step.id ??= id;
      return id;
    }
    if (step.kind === 'authorize' && answer.status === 200) {
      purchase.declined = true;
      return null;
    }
    step.refusals.push(answer.status);
    throw new Refused(step, answer);
  }

  add(purchase: Purchase, kind: StepKind, path: string, body: unknown, amount = 0): Step {
    const keyed = kind === 'capture' || kind === 'refund';
    const key = keyed ? `${purchase.reference}-${kind}-${stepsOf(purchase, kind).length + 1}` : null;
    const step: Step = { kind, path, body, key, amount, id: null, refusals: [] };
    purchase.steps.push(step);
    this.#write({ reference: purchase.reference, kind, key, sent: true, amount });
    return step;
  }

  note(what: Readonly<Record<string, unknown>>): void {
    this.#write(what);
  }

  #write(entry: Readonly<Record<string, unknown>>): void {
    appendFileSync(this.#file, `${JSON.stringify({ at: new Date().toISOString(), ...entry })}\n`);
  }
}
