// A saved card, or a new one in the vault's frame. This page never sees more than brand and last four.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button, CardFrame, CardLine, Icon, useAction } from '@karv/ui';
import type { CardTicket, SavedCard } from '@karv/api-client';
import type { CardChoice } from '../flow.ts';
import { useCheckout } from '../context.ts';

interface CardStepProps {
  savedCards: SavedCard[];
  onChosen: (card: CardChoice) => void;
  onProblem: (problem: unknown) => void;
  onEscape: () => void;
}

export function CardStep({ savedCards, onChosen, onProblem, onEscape }: CardStepProps) {
  const { texts } = useCheckout();
  const [chosen, setChosen] = useState<SavedCard | null>(savedCards[0] ?? null);
  const useSaved = (event: Event): void => {
    event.preventDefault();
    if (chosen) onChosen({ kind: 'saved', card: chosen });
  };
  return (
    <div class="stack">
      {savedCards.length > 0 && (
        <form id="saved" onSubmit={useSaved}>
          <fieldset class="choices">
            <legend class="hidden-text">{texts.savedCards}</legend>
            {savedCards.map((card) => (
              <label key={card.card_id} class="choice">
                <input
                  class="radio"
                  type="radio"
                  name="card"
                  checked={chosen === card}
                  onChange={() => setChosen(card)}
                />
                <CardLine brand={card.brand} last4={card.last4} ending={texts.ending} />
                <span class="expiry">{texts.expires(card.expiry)}</span>
              </label>
            ))}
            <label class="choice">
              <input
                class="radio"
                type="radio"
                name="card"
                checked={chosen === null}
                onChange={() => setChosen(null)}
              />
              {texts.anotherCard}
            </label>
          </fieldset>
        </form>
      )}
      {chosen ? (
        <button class="button wide" type="submit" form="saved">
          {texts.continue}
        </button>
      ) : (
        <NewCard onChosen={onChosen} onProblem={onProblem} onEscape={onEscape} />
      )}
    </div>
  );
}

function NewCard({ onChosen, onProblem, onEscape }: Omit<CardStepProps, 'savedCards'>) {
  const { texts, client, language } = useCheckout();
  const [ticket, setTicket] = useState<CardTicket | null>(null);
  const [submits, setSubmits] = useState(0);
  const [sending, setSending] = useState(false);
  const asked = useRef(false);
  const { busy, run } = useAction(onProblem);
  const newTicket = (): void => run(async () => setTicket(await client.cardTicket()));

  useEffect(() => {
    if (asked.current) return;
    asked.current = true;
    newTicket();
  }, []);

  const onError = (code: string): void => {
    setSending(false);
    // A spent or late ticket is nobody's fault: the form comes back with a fresh one.
    if (code.startsWith('TICKET_')) newTicket();
  };
  if (!ticket) {
    return busy ? (
      <p class="lead" role="status">
        {texts.working}
      </p>
    ) : (
      <Button wide quiet onClick={newTicket}>
        {texts.retry}
      </Button>
    );
  }
  return (
    <>
      <CardFrame
        key={ticket.ticket}
        url={ticket.frame_url}
        title={texts.cardFrameTitle}
        language={language}
        submits={submits}
        onDone={(card) => onChosen({ kind: 'new', ticket: ticket.ticket, card })}
        onError={onError}
        onEscape={onEscape}
      />
      <Button
        wide
        busy={sending}
        busyText={texts.working}
        onClick={() => {
          setSending(true);
          setSubmits(submits + 1);
        }}
      >
        {texts.continue}
      </Button>
      <p class="assurance">
        <Icon name="lock" size={16} />
        {texts.cardSafe}
      </p>
    </>
  );
}
