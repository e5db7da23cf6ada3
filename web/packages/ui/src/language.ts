// Which of our languages a reader gets, and the full locale for amounts and dates.
export const kLanguages = ['en', 'sv', 'de'] as const;
export type Language = (typeof kLanguages)[number];

/** The first wanted locale that we speak; English otherwise. A tag that is no tag is passed over. */
export function pickLocale(wanted: readonly (string | null | undefined)[]): { language: Language; locale: string } {
  for (const tag of wanted) {
    if (!tag) continue;
    try {
      const locale = new Intl.Locale(tag.replace('_', '-'));
      const language = kLanguages.find((one) => one === locale.language);
      if (language) return { language, locale: locale.baseName };
    } catch {
      continue;
    }
  }
  return { language: 'en', locale: 'en-GB' };
}
