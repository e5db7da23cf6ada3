// Who is there: an e-mail address, and the code that was mailed to it. Used to pay and to sign in.
import { useEffect, useState } from 'preact/hooks';
import { Problem } from '@karv/api-client';
import { kIdentifyTexts } from './identify_texts.ts';
import type { Language } from './language.ts';
import { Button, Field } from './parts.tsx';
import { useAction } from './use_action.ts';

const kResendAfterSeconds = 30;
const looksLikeEmail = (text: string): boolean => text.length <= 254 && /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text);

interface EmailFormProps {
  language: Language;
  lead: string;
  email: string;
  /** Mails a code. */
  identify: (email: string) => Promise<void>;
  onSent: (email: string) => void;
  onProblem: (problem: unknown) => void;
}

export function EmailForm({ language, lead, email, identify, onSent, onProblem }: EmailFormProps) {
  const texts = kIdentifyTexts[language];
  const [typed, setTyped] = useState(email);
  const [error, setError] = useState('');
  const { busy, run } = useAction(onProblem);
  const submit = (event: Event): void => {
    event.preventDefault();
    const address = typed.trim();
    if (!looksLikeEmail(address)) {
      setError(texts.emailMissing);
      document.getElementById('email')?.focus();
      return;
    }
    run(async () => {
      await identify(address);
      onSent(address);
    });
  };
  return (
    <form class="stack" noValidate onSubmit={submit}>
      <p class="lead">{lead}</p>
      <Field
        id="email"
        label={texts.email}
        value={typed}
        error={error}
        autocomplete="email"
        inputMode="email"
        onInput={(value) => {
          setTyped(value);
          setError('');
        }}
      />
      <Button submit wide busy={busy} busyText={texts.working}>
        {texts.sendCode}
      </Button>
    </form>
  );
}

function useCountdown(): [number, () => void] {
  const [left, setLeft] = useState(kResendAfterSeconds);
  useEffect(() => {
    if (left === 0) return;
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left]);
  return [left, () => setLeft(kResendAfterSeconds)];
}

interface CodeFormProps {
  language: Language;
  email: string;
  identify: (email: string) => Promise<void>;
  /** Checks the code, and goes on when it is right. Errors: Problem WRONG_CODE, CODE_EXPIRED. */
  verify: (code: string) => Promise<void>;
  onOtherEmail: () => void;
  onProblem: (problem: unknown) => void;
}

export function CodeForm({ language, email, identify, verify, onOtherEmail, onProblem }: CodeFormProps) {
  const texts = kIdentifyTexts[language];
  const [code, setCode] = useState('');
  const [error, setError] = useState('');
  const [sentAgain, setSentAgain] = useState('');
  const [left, restart] = useCountdown();

  const say = (text: string): void => {
    setError(text);
    setCode('');
    document.getElementById('code')?.focus();
  };
  const { busy, run } = useAction((problem) => {
    if (problem instanceof Problem && problem.code === 'WRONG_CODE') {
      const attempts = problem.details.attempts_left;
      if (attempts === 0) say(texts.codeExpired);
      else say(attempts === undefined ? texts.codeWrong : `${texts.codeWrong} ${texts.attemptsLeft(attempts)}`);
    } else if (problem instanceof Problem && problem.code === 'CODE_EXPIRED') say(texts.codeExpired);
    else onProblem(problem);
  });
  const submit = (event: Event): void => {
    event.preventDefault();
    const digits = code.replace(/\s/g, '');
    if (!/^\d{6}$/.test(digits)) {
      setError(texts.codeMissing);
      document.getElementById('code')?.focus();
      return;
    }
    run(() => verify(digits));
  };
  const again = (): void => {
    setSentAgain('');
    run(async () => {
      await identify(email);
      setError('');
      setSentAgain(texts.newCodeSent);
      restart();
    });
  };
  return (
    <form class="stack" noValidate onSubmit={submit}>
      <p class="lead">{texts.codeText(email)}</p>
      <div class="code-field">
        <Field
          id="code"
          label={texts.code}
          value={code}
          error={error}
          autocomplete="one-time-code"
          inputMode="numeric"
          maxLength={12}
          onInput={(value) => {
            setCode(value);
            setError('');
          }}
        />
      </div>
      <Button submit wide busy={busy} busyText={texts.working}>
        {texts.continue}
      </Button>
      <p class="asides">
        <button type="button" class="link" disabled={left > 0} onClick={again}>
          {left > 0 ? texts.newCodeIn(left) : texts.newCode}
        </button>
        <button type="button" class="link" onClick={onOtherEmail}>
          {texts.otherEmail}
        </button>
      </p>
      <p class="hidden-text" role="status">
        {sentAgain}
      </p>
    </form>
  );
}
