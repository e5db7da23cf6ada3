// What every part of the page reads: the payment, the words, the locale.
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { formatMoney } from '@karv/money';
import type { CheckoutClient, PaymentSession, Plan } from '@karv/api-client';
import type { Language } from '@karv/ui';
import type { Texts } from './texts/index.ts';

export interface Checkout {
  client: CheckoutClient;
  session: PaymentSession;
  plans: Plan[];
  texts: Texts;
  language: Language;
  locale: string;
}

export const CheckoutContext = createContext<Checkout | null>(null);

export function useCheckout(): Checkout & { money: (minor: number) => string } {
  const checkout = useContext(CheckoutContext);
  if (!checkout) throw new Error('used outside of a checkout');
  const money = (minor: number): string => formatMoney(minor, checkout.session.purchase_currency, checkout.locale);
  return { ...checkout, money };
}
