// The bank, seen from a test or a program: files and what became of them, and a few switches. No account numbers: the
// bank keeps the last four alone.
import { badValue, json, type Route } from '../web/http.ts';
import { isIban } from './pain001.ts';
import { behaviours, type Behaviour } from './books.ts';
import type { Bank } from './server.ts';

const maxCount = 10_000;
const shownFiles = 200;

export function bankRoutes(bank: Bank): Route[] {
  return [
    {
      method: 'GET',
      pattern: '/sandbox/bank/files',
      handle: () => json({ files: bank.books.view(shownFiles) }),
    },
    {
      method: 'POST',
      pattern: '/sandbox/bank/next',
      handle: (call) => {
        const { behaviour, count = 1 } = call.body.object();
        if (!isBehaviour(behaviour)) throw badValue(`behaviour must be one of ${behaviours.join(', ')}.`);
        if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > maxCount) {
          throw badValue(`count must be a whole number from 1 to ${maxCount}.`);
        }
        bank.books.setNext(behaviour, count);
        return json({ behaviour, count });
      },
    },
    {
      method: 'POST',
      pattern: '/sandbox/bank/settle',
      handle: () => {
        bank.books.settle();
        return json({ files: bank.books.view(shownFiles) });
      },
    },
    {
      method: 'POST',
      pattern: '/sandbox/bank/credit',
      handle: (call) => {
        const { to, from, amount, name = 'Somebody', text = '' } = call.body.object();
        if (typeof to !== 'string' || !isIban(to)) throw badValue('to must be an IBAN.');
        if (typeof from !== 'string' || !/^[A-Za-z0-9]{1,34}$/.test(from)) throw badValue('from must be an account.');
        if (typeof amount !== 'number' || !Number.isSafeInteger(amount) || amount < 1) {
          throw badValue('amount must be a whole number of cents.');
        }
        if (typeof name !== 'string' || typeof text !== 'string') throw badValue('name and text must be texts.');
        bank.books.credit(to, {
          ...{ amount: BigInt(amount), currency: 'EUR', account: from, name: name.slice(0, 70) },
          ...{ remittance: text.slice(0, 140), endToEndId: 'NOTPROVIDED', messageId: '' },
        });
        return json({ amount });
      },
    },
    {
      method: 'POST',
      pattern: '/sandbox/bank/statements',
      handle: (call) => {
        const { text } = call.body.object();
        if (typeof text !== 'string') throw badValue('text must be a text.');
        bank.books.offerStatement(text);
        return json({ bytes: text.length });
      },
    },
  ];
}

function isBehaviour(value: unknown): value is Behaviour {
  return behaviours.some((behaviour) => behaviour === value);
}
