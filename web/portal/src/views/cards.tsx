// The saved cards; a new one is typed into the vault's frame and may take the place of an old one. One that is removed
// is charged no more.
import { useEffect, useRef, useState } from 'preact/hooks';
import { AlertRegion, Button, CardFrame, CardLine, Icon, useAction } from '@karv/ui';
import type { CardTicket, SavedCard } from '@karv/api-client';
import { usePortal } from '../account.ts';
import { Dialog } from '../dialog.tsx';
import { problemText } from '../problems.ts';
import { Heading } from './heading.tsx';

interface NewCardProps {
  replaces: SavedCard | null;
  onSaved: () => void;
  onClose: () => void;
}

function NewCard({ replaces, onSaved, onClose }: NewCardProps) {
  const { client, texts, language } = usePortal();
  const [ticket, setTicket] = useState<CardTicket | null>(null);
  const [filled, setFilled] = useState(false);
  const [submits, setSubmits] = useState(0);
  const [sending, setSending] = useState(false);
  const [alert, setAlert] = useState('');
  const asked = useRef(false);
  const { busy, run } = useAction((problem) => {
    setSending(false);
    setAlert(problemText(problem, texts));
  });
  const newTicket = (): void => {
    setAlert('');
    run(async () => setTicket(await client.cardTicket()));
  };
  useEffect(() => {
    if (!asked.current) newTicket();
    asked.current = true;
  }, []);

  const save = (): void => {
    if (!ticket) return;
    setAlert('');
    run(async () => {
      await client.saveCard(ticket.ticket, replaces?.card_id);
      onSaved();
    });
  };
  const press = (): void => {
    if (!ticket) newTicket();
    else if (filled)
      save(); // The vault has the card already; only telling the account failed.
    else {
      setSending(true);
      setSubmits(submits + 1);
    }
  };
  return (
    <Dialog
      title={replaces ? texts.replaceTitle : texts.addCard}
      closeLabel={texts.close}
      locked={busy && filled}
      onClose={onClose}
    >
      <div class="stack">
        {replaces && (
          <p class="lead">
            <CardLine brand={replaces.brand} last4={replaces.last4} ending={texts.ending} />
            <span class="block">{texts.replaceText}</span>
          </p>
        )}
        <AlertRegion>{alert}</AlertRegion>
        {ticket && !filled && (
          <CardFrame
            key={ticket.ticket}
            url={ticket.frame_url}
            title={texts.cardFrameTitle}
            language={language}
            submits={submits}
            onDone={() => {
              setFilled(true);
              setSending(false);
              save();
            }}
            onError={(code) => {
              setSending(false);
              if (code.startsWith('TICKET_')) newTicket();
            }}
            onEscape={onClose}
          />
        )}
        <Button wide busy={busy || sending} busyText={texts.working} onClick={press}>
          {ticket ? texts.saveCard : texts.retry}
        </Button>
        <p class="assurance">
          <Icon name="lock" size={16} />
          {texts.cardSafe}
        </p>
      </div>
    </Dialog>
  );
}

function RemoveCard({ card, onRemoved, onClose }: { card: SavedCard; onRemoved: () => void; onClose: () => void }) {
  const { client, texts } = usePortal();
  const [alert, setAlert] = useState('');
  const { busy, run } = useAction((problem) => setAlert(problemText(problem, texts)));
  const remove = (): void => {
    setAlert('');
    run(async () => {
      await client.removeCard(card.card_id);
      onRemoved();
    });
  };
  return (
    <Dialog title={texts.removeTitle} closeLabel={texts.close} locked={busy} onClose={onClose}>
      <div class="stack">
        <p class="lead">
          <CardLine brand={card.brand} last4={card.last4} ending={texts.ending} />
          <span class="block">{texts.removeText}</span>
        </p>
        <AlertRegion>{alert}</AlertRegion>
        <Button wide busy={busy} busyText={texts.working} onClick={remove}>
          {texts.remove}
        </Button>
      </div>
    </Dialog>
  );
}

export function Cards({ cards }: { cards: SavedCard[] }) {
  const { account, texts } = usePortal();
  const [entering, setEntering] = useState<{ replaces: SavedCard | null } | null>(null);
  const [removing, setRemoving] = useState<SavedCard | null>(null);
  const [said, setSaid] = useState('');
  return (
    <>
      <Heading>{texts.cardsTitle}</Heading>
      <p class="lead">{cards.length > 0 ? texts.cardsText : texts.noCards}</p>
      <p class="said" role="status">
        {said}
      </p>
      {cards.length > 0 && (
        <ul class="list">
          {cards.map((card) => (
            <li key={card.card_id} class="saved-card">
              <CardLine brand={card.brand} last4={card.last4} ending={texts.ending} />
              <span class="small">{texts.expires(card.expiry)}</span>
              <Button
                small
                quiet
                label={`${texts.replace}: ${card.brand} ${card.last4}`}
                onClick={() => setEntering({ replaces: card })}
              >
                {texts.replace}
              </Button>
              <Button
                small
                quiet
                label={`${texts.remove}: ${card.brand} ${card.last4}`}
                onClick={() => setRemoving(card)}
              >
                {texts.remove}
              </Button>
            </li>
          ))}
        </ul>
      )}
      <p>
        <Button quiet onClick={() => setEntering({ replaces: null })}>
          {texts.addCard}
        </Button>
      </p>
      {removing && (
        <RemoveCard
          card={removing}
          onClose={() => setRemoving(null)}
          onRemoved={() => {
            setRemoving(null);
            setSaid(texts.cardRemoved);
            account.reload();
          }}
        />
      )}
      {entering && (
        <NewCard
          replaces={entering.replaces}
          onClose={() => setEntering(null)}
          onSaved={() => {
            setEntering(null);
            setSaid(texts.cardSaved);
            account.reload();
          }}
        />
      )}
    </>
  );
}
