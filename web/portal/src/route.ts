// Where we are, kept in the fragment: one static page serves the whole account, and ids stay out of server logs.
import { useEffect, useState } from 'preact/hooks';

export type Route = { view: 'purchases' } | { view: 'purchase'; orderId: string } | { view: 'cards' };

export function readRoute(hash: string): Route {
  const purchase = /^#\/purchases\/([\w-]{1,64})$/.exec(hash);
  if (purchase?.[1] !== undefined) return { view: 'purchase', orderId: purchase[1] };
  return hash === '#/cards' ? { view: 'cards' } : { view: 'purchases' };
}

export const linkTo = (route: Route): string =>
  route.view === 'purchase' ? `#/purchases/${route.orderId}` : `#/${route.view}`;

export function useRoute(): Route {
  const [route, setRoute] = useState(() => readRoute(location.hash));
  useEffect(() => {
    const follow = (): void => setRoute(readRoute(location.hash));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return route;
}
