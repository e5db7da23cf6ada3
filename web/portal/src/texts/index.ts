import type { Language } from '@karv/ui';
import { de } from './de.ts';
import { en, type Texts } from './en.ts';
import { sv } from './sv.ts';

export type { Texts };
export const kTexts: Record<Language, Texts> = { en, sv, de };
