// Pays one installment now with a saved card. One intent per card choice: pressing again after a lost answer cannot
// charge twice.
import { useRef, useState } from 'preact/hooks';
import { AlertRegion, Button, CardLine, Notice, useAction } from '@karv/ui';
import type { Installment, Purchase, SavedCard } from '@karv/api-client';
import { usePortal } from '../account.ts';
import { Dialog } from '../dialog.tsx';
import { paymentProblemText } from '../problems.ts';
import { openAmount } from '../purchase_rules.ts';

interface PayDialogProps {
  purchase: Purchase;
  installment: Installment;
  onClose: () => void;
}

function CardChoices({
  cards,
  chosen,
  onChoose,
}: {
  cards: SavedCard[];
  chosen: SavedCard | undefined;
  onChoose: (card: SavedCard) => void;
}) {
  const { texts } = usePortal();
  return (
    <fieldset class="choices">
      <legend class="choices-title">{texts.payWith}</legend>
      {cards.map((card) => (
        <label key={card.card_id} class="choice">
          <input class="radio" type="radio" name="pay-card" checked={card === chosen} onChange={() => onChoose(card)} />
          <CardLine brand={card.brand} last4={card.last4} ending={texts.ending} />
          <span class="expiry">{texts.expires(card.expiry)}</span>
        </label>
      ))}
    </fieldset>
  );
}

export function PayDialog({ purchase, installment, onClose }: PayDialogProps) {
  const { client, account, texts, money, date } = usePortal();
  const cards = account.me?.cards ?? [];
  const [chosenId, setChosenId] = useState(
    () => (cards.find(({ last4 }) => last4 === purchase.card?.last4) ?? cards[0])?.card_id ?? '',
  );
  const [alert, setAlert] = useState('');
  const [outcome, setOutcome] = useState<'paid' | 'processing' | null>(null);
  const intent = useRef({ card: '', id: '' });
  // The amount that was agreed to, whatever changes behind the dialog.
  const [amount] = useState(() => money(openAmount(installment), purchase.purchase_currency));
  const chosen = cards.find(({ card_id }) => card_id === chosenId) ?? cards[0];
  const { busy, run } = useAction((problem) => {
    setAlert(paymentProblemText(problem, texts));
    account.reload();
  });

  const pay = (event: Event): void => {
    event.preventDefault();
    if (!chosen || busy) return;
    setAlert('');
    if (intent.current.card !== chosen.card_id) intent.current = { card: chosen.card_id, id: crypto.randomUUID() };
    run(async () => {
      const { status } = await client.pay(installment.installment_id, chosen.card_id, intent.current.id);
      setOutcome(status);
      account.reload();
    });
  };
  return (
    <Dialog title={texts.payTitle} closeLabel={texts.close} locked={busy} onClose={onClose}>
      {outcome ? (
        <div class="stack">
          <div role="status">
            <Notice tone={outcome === 'paid' ? 'good' : 'caution'}>
              {outcome === 'paid' ? texts.paid : texts.processing}
            </Notice>
          </div>
          <Button wide onClick={onClose}>
            {texts.close}
          </Button>
        </div>
      ) : (
        <form class="stack" onSubmit={pay}>
          <div>
            <p class="hero-amount amount">{amount}</p>
            <p class="small">{texts.payText(purchase.merchant_name, date(installment.due_date))}</p>
          </div>
          <AlertRegion>{alert}</AlertRegion>
          {chosen ? (
            <>
              <CardChoices cards={cards} chosen={chosen} onChoose={(card) => setChosenId(card.card_id)} />
              <Button submit wide busy={busy} busyText={texts.paying}>
                {texts.payButton(amount)}
              </Button>
            </>
          ) : (
            <>
              <p class="lead">{texts.needsCard}</p>
              <a class="button wide" href="#/cards" onClick={onClose}>
                {texts.cards}
              </a>
            </>
          )}
        </form>
      )}
    </Dialog>
  );
}
