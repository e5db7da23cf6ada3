// What merchants pass, in the orders in which they are known to pass it: (options, data, callback),
// (data, options, callback), (options, callback), (callback). Options are recognized by their members.
import { fail } from './errors.ts';

export type Members = Record<string, unknown>;
export type Callback = (answer: Members) => void;

export interface CallArguments {
  options: Members;
  data: Members;
  callback: Callback;
}

const kOptionNames = [
  'payment_method_category',
  'payment_method_categories',
  'container',
  'instance_id',
  'auto_finalize',
  'preferred_payment_method',
];
// "karv" and "klarna" mean every plan; "" and nothing at all are sent by some plug-ins.
const kCategories = 'karv klarna pay_now pay_later pay_over_time direct_debit direct_bank_transfer'.split(' ');

const isMembers = (value: unknown): value is Members => typeof value === 'object' && value !== null;
const isOptions = (value: unknown): value is Members => isMembers(value) && kOptionNames.some((name) => name in value);

export function readArguments(given: readonly unknown[]): CallArguments {
  const callback = given.find((one): one is Callback => typeof one === 'function') ?? (() => undefined);
  const objects = given.slice(0, 3).filter((one) => typeof one !== 'function');
  const swapped = !isOptions(objects[0]) && isOptions(objects[1]);
  const [first, second] = swapped ? [objects[1], objects[0]] : objects;
  return { options: isMembers(first) ? first : {}, data: isMembers(second) ? second : {}, callback };
}

/** The category as one text; '' when none was named. Errors: PaymentMethodCategoryNotSupportedError. */
export function categoryOf(options: Members): string {
  const several = options['payment_method_categories'];
  const named: unknown[] = Array.isArray(several) ? several : [options['payment_method_category'] ?? ''];
  for (const one of named) {
    if (one !== '' && !kCategories.includes(one as string)) {
      fail('PaymentMethodCategoryNotSupportedError', `payment_method_category ${String(one)} is not supported`);
    }
  }
  return named.length === 1 ? (named[0] as string) : named.length > 1 ? 'karv' : '';
}

/** The element to load into. Errors: InvalidContainerSelectorError. */
export function containerOf(options: Members): HTMLElement {
  const given = options['container'];
  let found: unknown = given;
  if (typeof given === 'string') {
    try {
      found = document.querySelector(given);
    } catch {
      found = null;
    }
  }
  if (found instanceof HTMLElement) return found;
  return fail('InvalidContainerSelectorError', 'container is not an element or a selector of one');
}
