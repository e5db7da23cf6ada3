// The frame of every signed-in view: name, places, the live mark, language and the way out.
import type { ComponentChildren } from 'preact';
import { kLanguages, Mark, type Language } from '@karv/ui';
import { usePortal } from './account.ts';
import { linkTo, type Route } from './route.ts';

const kLanguageNames: Record<Language, string> = { en: 'English', sv: 'Svenska', de: 'Deutsch' };

export function LanguageChoice({
  label,
  language,
  onChange,
}: {
  label: string;
  language: Language;
  onChange: (language: Language) => void;
}) {
  return (
    <label class="language">
      <span class="hidden-text">{label}</span>
      <select value={language} onChange={(event) => onChange(event.currentTarget.value as Language)}>
        {kLanguages.map((one) => (
          <option key={one} value={one} lang={one}>
            {kLanguageNames[one]}
          </option>
        ))}
      </select>
    </label>
  );
}

function LiveMark() {
  const { account, texts, locale } = usePortal();
  const time = new Intl.DateTimeFormat(locale, { timeStyle: 'short' }).format(account.asOf);
  const words = { live: texts.live, connecting: texts.connecting, offline: texts.offline(time) };
  return (
    <p class={`live ${account.live}`} role="status">
      <span class="live-dot" aria-hidden="true" />
      {words[account.live]}
    </p>
  );
}

interface ShellProps {
  route: Route;
  onSignOut: () => void;
  onLanguage: (language: Language) => void;
  children: ComponentChildren;
}

export function Shell({ route, onSignOut, onLanguage, children }: ShellProps) {
  const { account, texts, language } = usePortal();
  const place = (view: 'purchases' | 'cards', name: string, here: boolean) => (
    <li>
      <a href={linkTo({ view })} aria-current={here ? 'page' : undefined}>
        {name}
      </a>
    </li>
  );
  return (
    <>
      <a
        class="skip"
        href="#content"
        onClick={(event) => {
          event.preventDefault();
          document.querySelector<HTMLElement>('#content h1')?.focus();
        }}
      >
        {texts.skip}
      </a>
      <header class="top">
        <div class="top-inner">
          <Mark />
          <nav aria-label={texts.navigation}>
            <ul class="places">
              {place('purchases', texts.purchases, route.view !== 'cards')}
              {place('cards', texts.cards, route.view === 'cards')}
            </ul>
          </nav>
          <LiveMark />
        </div>
      </header>
      <main id="content" class="content">
        {children}
      </main>
      <p class="hidden-text" aria-live="polite">
        {account.changed && texts.changed(account.changed.merchant_name)}
      </p>
      <footer class="bottom">
        <span class="who">{account.me?.email}</span>
        <LanguageChoice label={texts.language} language={language} onChange={onLanguage} />
        <button type="button" class="link" onClick={onSignOut}>
          {texts.signOut}
        </button>
      </footer>
    </>
  );
}
