// One purchase: its plan with what can be paid, what was bought, refunds, and what happened.
import { useState } from 'preact/hooks';
import { Button, CardLine, Icon, type IconName } from '@karv/ui';
import { formatMoment } from '@karv/money';
import type { Installment, Purchase } from '@karv/api-client';
import { usePortal } from '../account.ts';
import { Badge } from '../badge.tsx';
import { historyOf, openAmount, stateOf, type HistoryEntry } from '../purchase_rules.ts';
import { linkTo } from '../route.ts';
import { Heading } from './heading.tsx';
import { PayDialog } from './pay_dialog.tsx';

interface PartProps {
  purchase: Purchase;
  part: Installment;
  onPay: () => void;
}

function Part({ purchase, part, onPay }: PartProps) {
  const { texts, money, date } = usePortal();
  const amount = (minor: number): string => money(minor, purchase.purchase_currency);
  const open = openAmount(part);
  const partly = part.paid_amount > 0 && open > 0;
  return (
    <li class="part">
      <span class="part-when">
        <time dateTime={part.due_date}>{date(part.due_date)}</time>
        <span class="small">{texts.installment(part.number)}</span>
      </span>
      <span class="part-amount">
        <span class="amount">{amount(part.amount)}</span>
        {partly && <span class="small">{texts.ofWhichPaid(amount(part.paid_amount))}</span>}
        {part.canceled_amount > 0 && part.status !== 'canceled' && (
          <span class="small">{texts.ofWhichCanceled(amount(part.canceled_amount))}</span>
        )}
      </span>
      <span class="part-state">
        <Badge key={part.status} state={part.status} text={texts.installmentStates[part.status] ?? part.status} />
      </span>
      <span class="part-action">
        {part.card_payable && open > 0 && (
          <Button
            small
            quiet
            label={`${texts.payNow}: ${texts.payPart(amount(open), date(part.due_date))}`}
            onClick={onPay}
          >
            {texts.payNow}
          </Button>
        )}
      </span>
    </li>
  );
}

const kHistoryIcons: Record<HistoryEntry['kind'], IconName> = { bought: 'bag', paid: 'check', refunded: 'undo' };

function History({ purchase }: { purchase: Purchase }) {
  const { texts, locale, money } = usePortal();
  const words = (entry: HistoryEntry) => {
    if (entry.kind === 'bought') return texts.boughtAt(purchase.merchant_name);
    if (entry.kind === 'refunded') return texts.refunded;
    return (
      <>
        {texts.paidWith} <CardLine brand={entry.brand} last4={entry.last4} ending={texts.ending} />
      </>
    );
  };
  return (
    <section>
      <h2>{texts.history}</h2>
      <ol class="history">
        {historyOf(purchase).map((entry) => (
          <li key={`${entry.kind}${entry.at}${entry.amount}`}>
            <span class="history-icon">
              <Icon name={kHistoryIcons[entry.kind]} size={16} />
            </span>
            <span class="history-words">
              {words(entry)}
              <time class="small" dateTime={entry.at}>
                {formatMoment(entry.at, locale)}
              </time>
            </span>
            <span class="amount">{money(entry.amount, purchase.purchase_currency)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Order({ purchase }: { purchase: Purchase }) {
  const { texts, money } = usePortal();
  const amount = (minor: number): string => money(minor, purchase.purchase_currency);
  return (
    <section>
      <h2>{texts.order}</h2>
      <ul class="lines">
        {purchase.order_lines.map((line, index) => (
          <li key={index}>
            <span>
              <span class="quantity">{texts.quantity(line.quantity)}</span> {line.name}
            </span>
            <span class="amount">{amount(line.total_amount)}</span>
          </li>
        ))}
        <li class="sum">
          <span>{texts.total}</span>
          <span class="amount">{amount(purchase.order_amount)}</span>
        </li>
      </ul>
      {purchase.reference && (
        <p class="small">
          {texts.reference}: {purchase.reference}
        </p>
      )}
    </section>
  );
}

function Refunds({ purchase }: { purchase: Purchase }) {
  const { texts, locale, money } = usePortal();
  if (purchase.refunds.length === 0) return null;
  const amount = (minor: number): string => money(minor, purchase.purchase_currency);
  return (
    <section>
      <h2>{texts.refunds}</h2>
      <ul class="lines">
        {purchase.refunds.map((refund) => (
          <li key={refund.refund_id}>
            <span>
              {refund.to_card_amount > 0 ? texts.refundToCard(amount(refund.to_card_amount)) : texts.refundToDebt}
              <time class="small block" dateTime={refund.refunded_at}>
                {formatMoment(refund.refunded_at, locale)}
              </time>
            </span>
            <span class="amount">{amount(refund.amount)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function PurchaseView({ purchase }: { purchase: Purchase | undefined }) {
  const { texts, account, money } = usePortal();
  const [payingId, setPayingId] = useState<string | null>(null);
  const back = (
    <a class="back" href={linkTo({ view: 'purchases' })}>
      <Icon name="back" size={16} />
      {texts.allPurchases}
    </a>
  );
  if (!purchase) {
    return (
      <>
        {back}
        <Heading>{texts.notFound}</Heading>
        <p class="lead">{texts.notFoundText}</p>
      </>
    );
  }
  const state = stateOf(purchase);
  const paying = purchase.installments.find((part) => part.installment_id === payingId);
  return (
    <article class={account.changed === purchase ? 'detail fresh' : 'detail'}>
      {back}
      <header class="detail-head">
        <div>
          <Heading>{purchase.merchant_name}</Heading>
          <p class="lead">{texts.planNames[purchase.plan] ?? purchase.plan}</p>
        </div>
        <div class="detail-sum">
          <p class="hero-amount amount">{money(purchase.order_amount, purchase.purchase_currency)}</p>
          <Badge
            key={state}
            state={state}
            text={
              state === 'open'
                ? texts.left(money(purchase.outstanding_amount, purchase.purchase_currency))
                : texts.states[state]
            }
          />
        </div>
      </header>
      {purchase.installments.length > 0 && (
        <section>
          <h2>{texts.schedule}</h2>
          <ol class="parts">
            {purchase.installments.map((part) => (
              <Part
                key={part.installment_id}
                purchase={purchase}
                part={part}
                onPay={() => setPayingId(part.installment_id)}
              />
            ))}
          </ol>
        </section>
      )}
      <Refunds purchase={purchase} />
      <Order purchase={purchase} />
      <History purchase={purchase} />
      {paying && <PayDialog purchase={purchase} installment={paying} onClose={() => setPayingId(null)} />}
    </article>
  );
}
