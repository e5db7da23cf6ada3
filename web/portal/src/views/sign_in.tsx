import { useEffect, useRef, useState } from 'preact/hooks';
import { AlertRegion, CodeForm, EmailForm, Mark, type Language } from '@karv/ui';
import type { CustomerClient } from '@karv/api-client';
import { problemText } from '../problems.ts';
import type { Texts } from '../texts/index.ts';

interface SignInProps {
  client: CustomerClient;
  texts: Texts;
  language: Language;
  /** True right after signing out. */
  left: boolean;
  onSignedIn: () => void;
}

export function SignIn({ client, texts, language, left, onSignedIn }: SignInProps) {
  const [email, setEmail] = useState('');
  const [sent, setSent] = useState(false);
  const [alert, setAlert] = useState('');
  const heading = useRef<HTMLHeadingElement>(null);
  const first = useRef(true);
  const onProblem = (problem: unknown): void => setAlert(problemText(problem, texts));
  useEffect(() => {
    if (!first.current || left) heading.current?.focus();
    first.current = false;
  }, [sent]);
  return (
    <main class="sign-in" id="content">
      <div class="panel">
        <Mark />
        <h1 ref={heading} tabIndex={-1}>
          {sent ? texts.codeTitle : texts.signInTitle}
        </h1>
        {left && !sent && (
          <p class="small" role="status">
            {texts.signedOut}
          </p>
        )}
        <AlertRegion>{alert}</AlertRegion>
        {sent ? (
          <CodeForm
            language={language}
            email={email}
            identify={client.login}
            verify={async (code) => {
              setAlert('');
              await client.verify(email, code);
              onSignedIn();
            }}
            onOtherEmail={() => setSent(false)}
            onProblem={onProblem}
          />
        ) : (
          <EmailForm
            language={language}
            lead={texts.signInLead}
            email={email}
            identify={client.login}
            onSent={(address) => {
              setAlert('');
              setEmail(address);
              setSent(true);
            }}
            onProblem={onProblem}
          />
        )}
      </div>
    </main>
  );
}
