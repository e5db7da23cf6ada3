// The signed-in account as the pages see it: who, which cards, which purchases, and how fresh that is.
import { createContext } from 'preact';
import { useCallback, useContext, useEffect, useRef, useState } from 'preact/hooks';
import { formatDate, formatMoney } from '@karv/money';
import { Problem, type CustomerClient, type Me, type Purchase } from '@karv/api-client';
import type { Language } from '@karv/ui';
import { listen, type LiveStatus } from './live.ts';
import type { Texts } from './texts/index.ts';

export interface Account {
  me: Me | null;
  purchases: Purchase[] | null;
  live: LiveStatus;
  asOf: Date;
  /** The purchase that changed last while it was looked at, for the announcement and the mark. */
  changed: Purchase | null;
  failed: boolean;
  reload: () => void;
}

export interface Portal {
  client: CustomerClient;
  account: Account;
  texts: Texts;
  language: Language;
  locale: string;
}

export const PortalContext = createContext<Portal | null>(null);

export function usePortal() {
  const portal = useContext(PortalContext);
  if (!portal) throw new Error('used outside of the account');
  const { locale } = portal;
  return {
    ...portal,
    money: (minor: number, currency: string): string => formatMoney(minor, currency, locale),
    date: (date: string): string => formatDate(date, locale),
  };
}

const isSignedOut = (problem: unknown): boolean => problem instanceof Problem && problem.status === 401;

/** Loads the account and keeps it fresh for as long as it is shown. `onSignedOut` when the login has ended. */
export function useAccount(client: CustomerClient, onSignedOut: () => void): Account {
  const [me, setMe] = useState<Me | null>(null);
  const [purchases, setPurchases] = useState<Purchase[] | null>(null);
  const [live, setLive] = useState<LiveStatus>('connecting');
  const [asOf, setAsOf] = useState(new Date());
  const [changed, setChanged] = useState<Purchase | null>(null);
  const [failed, setFailed] = useState(false);
  const round = useRef(0);

  const guard = useCallback((problem: unknown): void => {
    if (isSignedOut(problem)) onSignedOut();
    else setFailed(true);
  }, []);

  const loadAll = useCallback(async (): Promise<void> => {
    const mine = ++round.current;
    const [who, all] = await Promise.all([client.me(), client.purchases()]);
    if (mine !== round.current) return; // A later answer is already shown.
    setMe(who);
    setPurchases(all.purchases);
    setAsOf(new Date());
    setFailed(false);
  }, []);

  const loadOne = useCallback(async (orderId: string): Promise<void> => {
    const mine = ++round.current;
    const [one, who] = await Promise.all([client.purchase(orderId), client.me()]);
    if (mine !== round.current) return loadAll();
    setMe(who);
    setPurchases((before) => {
      const rest = before ?? [];
      return rest.some((old) => old.order_id === orderId)
        ? rest.map((old) => (old.order_id === orderId ? one : old))
        : [one, ...rest];
    });
    setAsOf(new Date());
    setChanged(one);
  }, []);

  useEffect(() => {
    loadAll().catch(guard);
    return listen({
      onStatus: setLive,
      onChange: (orderId) => void (orderId === null ? loadAll() : loadOne(orderId)).catch(guard),
    });
  }, []);

  return { me, purchases, live, asOf, changed, failed, reload: () => void loadAll().catch(guard) };
}
