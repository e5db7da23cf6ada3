// Small parts that the checkout and the account share: button, field, notice, schedule, card line.
import type { ComponentChildren } from 'preact';
import { formatDate, formatMoney } from '@karv/money';
import { Icon, type IconName } from './icons.tsx';

interface ButtonProps {
  children: ComponentChildren;
  busy?: boolean;
  busyText?: string;
  quiet?: boolean;
  small?: boolean;
  wide?: boolean;
  submit?: boolean;
  label?: string;
  onClick?: () => void;
}

/** While busy it stays focusable and keeps its place, and does nothing. */
export function Button({ children, busy, busyText, quiet, small, wide, submit, label, onClick }: ButtonProps) {
  const look = ['button', quiet && 'quiet', small && 'small', wide && 'wide'].filter(Boolean).join(' ');
  const press = (event: Event): void => {
    if (busy) event.preventDefault();
    else onClick?.();
  };
  return (
    <button
      type={submit ? 'submit' : 'button'}
      class={look}
      aria-disabled={busy ? 'true' : undefined}
      aria-label={label}
      onClick={press}
    >
      {busy && <span class="spinner" aria-hidden="true" />}
      {busy ? (busyText ?? children) : children}
    </button>
  );
}

interface FieldProps {
  id: string;
  label: string;
  value: string;
  error: string | undefined;
  onInput: (value: string) => void;
  autocomplete?: 'email' | 'one-time-code';
  inputMode?: 'numeric' | 'email';
  maxLength?: number;
}

export function Field({ id, label, value, error, onInput, autocomplete, inputMode, maxLength }: FieldProps) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        name={id}
        type="text"
        value={value}
        autocomplete={autocomplete}
        inputMode={inputMode}
        maxLength={maxLength}
        autocapitalize="none"
        spellcheck={false}
        aria-invalid={error ? 'true' : undefined}
        aria-describedby={`${id}-error`}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      <p class="field-error" id={`${id}-error`}>
        {error}
      </p>
    </div>
  );
}

type Tone = 'problem' | 'caution' | 'good' | 'plain';
const kToneIcons: Record<Tone, IconName> = { problem: 'alert', caution: 'clock', good: 'check', plain: 'lock' };

export function Notice({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return (
    <div class={`notice ${tone}`}>
      <Icon name={kToneIcons[tone]} size={18} />
      <div>{children}</div>
    </div>
  );
}

/** The region is in the page before its text is, so that screen readers announce it. */
export function AlertRegion({ children }: { children: ComponentChildren }) {
  return (
    <div role="alert" class="alert-region">
      {children && <Notice tone="problem">{children}</Notice>}
    </div>
  );
}

export interface ScheduleEntry {
  due_date: string;
  due_today: boolean;
  amount: number;
}

interface ScheduleProps {
  entries: readonly ScheduleEntry[];
  currency: string;
  locale: string;
  today: string;
}

export function Schedule({ entries, currency, locale, today }: ScheduleProps) {
  return (
    <ol class="schedule">
      {entries.map((entry) => (
        <li key={entry.due_date} class={entry.due_today ? 'today' : undefined}>
          <span class="amount">{formatMoney(entry.amount, currency, locale)}</span>
          {entry.due_today ? (
            today
          ) : (
            <time dateTime={entry.due_date}>{formatDate(entry.due_date, locale, 'short')}</time>
          )}
        </li>
      ))}
    </ol>
  );
}

const kBrandNames: Record<string, string> = { visa: 'Visa', mastercard: 'Mastercard' };

export function BrandMark({ brand }: { brand: string }) {
  const known = brand.toLowerCase();
  return (
    <svg class="brand-mark" viewBox="0 0 34 23" aria-hidden="true" focusable="false">
      {known === 'mastercard' ? (
        <>
          <circle cx="13.5" cy="11.5" r="6.5" fill="#d9402b" />
          <circle cx="20.5" cy="11.5" r="6.5" fill="#f0a02e" fill-opacity=".9" />
        </>
      ) : known === 'visa' ? (
        <path
          d="M8 8h3l2.5 6L16 8h2.800l-4.300 8h-2.800zM20 8h2.800l-1.300 8h-2.800zM24 8h2.5l2 8H26z"
          fill="#1a3a8f"
        />
      ) : (
        <path d="M3 8h28M3 16h8" stroke="#56615b" stroke-width="2" />
      )}
    </svg>
  );
}

/** "Visa •••• 1111", with the dots left out for screen readers. */
export function CardLine({ brand, last4, ending }: { brand: string; last4: string; ending: string }) {
  return (
    <span class="card-line">
      <BrandMark brand={brand} />
      <span>
        {kBrandNames[brand.toLowerCase()] ?? brand} <span aria-hidden="true">••••</span>
        <span class="hidden-text"> {ending}</span> {last4}
      </span>
    </span>
  );
}
