// A page that cannot go on: says why without blaming, and leads back to the shop. Works before there is a session.
import { Button } from '@karv/ui';
import { Sheet } from './sheet.tsx';
import type { Texts } from './texts/index.ts';

interface EndPageProps {
  texts: Texts;
  text: string;
  merchant: string;
  onLeave: () => void;
  onRetry?: () => void;
}

export function EndPage({ texts, text, merchant, onLeave, onRetry }: EndPageProps) {
  return (
    <Sheet
      texts={texts}
      title={texts.refusedTitle}
      step="end"
      position={null}
      merchant={merchant}
      amount=""
      alert=""
      onClose={onLeave}
      onBack={null}
    >
      <div class="stack">
        <p class="lead">{text}</p>
        {onRetry && (
          <Button wide onClick={onRetry}>
            {texts.retry}
          </Button>
        )}
        <Button wide quiet={onRetry !== undefined} onClick={onLeave}>
          {merchant ? texts.toShop(merchant) : texts.close}
        </Button>
      </div>
    </Sheet>
  );
}
