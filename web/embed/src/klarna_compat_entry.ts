// klarna-compat.js: the same code, also under the name that existing plug-ins use.
import { announce, install } from './karv.ts';

const page = window as unknown as { Klarna?: Record<string, unknown> };
page.Klarna = { ...page.Klarna, Payments: install() };
announce('karvAsyncCallback');
announce('klarnaAsyncCallback');
