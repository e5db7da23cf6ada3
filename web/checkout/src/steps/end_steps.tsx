// The three ways out: it worked, it is not offered, it cannot go on here.
import { useEffect, useRef } from 'preact/hooks';
import { Button, Icon } from '@karv/ui';
import { useCheckout } from '../context.ts';

const kReturnAfterMs = 1800;

export function DoneStep({ onLeave }: { onLeave: () => void }) {
  const { texts, session } = useCheckout();
  const latest = useRef(onLeave);
  latest.current = onLeave;
  useEffect(() => {
    const timer = setTimeout(() => latest.current(), kReturnAfterMs);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class="stack ending">
      <span class="seal">
        <Icon name="check" size={32} />
      </span>
      <p class="lead" role="status">
        {texts.doneText(session.merchant_name)}
      </p>
      <Button wide onClick={onLeave}>
        {texts.toShop(session.merchant_name)}
      </Button>
    </div>
  );
}

export function RefusedStep({ onLeave }: { onLeave: () => void }) {
  const { texts } = useCheckout();
  return (
    <div class="stack">
      <p class="lead">{texts.refusedText}</p>
      <p class="small">{texts.refusedReview}</p>
      <Button wide onClick={onLeave}>
        {texts.otherWay}
      </Button>
    </div>
  );
}
