import { announce, install } from './karv.ts';

install();
announce('karvAsyncCallback');
