// The overview: the next payment first, what is open in all, then every purchase.
import { useState } from 'preact/hooks';
import { Button } from '@karv/ui';
import { formatMoment } from '@karv/money';
import type { Purchase } from '@karv/api-client';
import { usePortal } from '../account.ts';
import { Badge } from '../badge.tsx';
import { nextPayment, openAmount, openTotals, stateOf, type NextPayment } from '../purchase_rules.ts';
import { linkTo } from '../route.ts';
import { PayDialog } from './pay_dialog.tsx';
import { Heading } from './heading.tsx';

function Next({ next, totals }: { next: NextPayment | null; totals: { currency: string; amount: number }[] }) {
  const { texts, money, date } = usePortal();
  const [paying, setPaying] = useState(false);
  if (!next) {
    return (
      <section class="hero calm">
        <h2>{texts.nothingOpen}</h2>
        <p>{texts.nothingOpenText}</p>
      </section>
    );
  }
  const { purchase, installment } = next;
  const amount = money(openAmount(installment), purchase.purchase_currency);
  return (
    <section class="hero" aria-label={texts.nextPayment}>
      <div>
        <h2>{texts.nextPayment}</h2>
        <p class="hero-amount amount">{amount}</p>
        <p>
          {texts.by(date(installment.due_date))} <span class="hero-shop">{texts.at(purchase.merchant_name)}</span>
        </p>
      </div>
      <div class="hero-side">
        <p class="hero-total">
          <span>{texts.openInAll}</span>
          {totals.map((total) => (
            <strong key={total.currency} class="amount">
              {money(total.amount, total.currency)}
            </strong>
          ))}
        </p>
        {installment.card_payable && <Button onClick={() => setPaying(true)}>{texts.payNow}</Button>}
      </div>
      {paying && <PayDialog purchase={purchase} installment={installment} onClose={() => setPaying(false)} />}
    </section>
  );
}

function Row({ purchase }: { purchase: Purchase }) {
  const { texts, locale, account, money } = usePortal();
  const state = stateOf(purchase);
  const fresh = account.changed === purchase;
  return (
    <li class={fresh ? 'purchase fresh' : 'purchase'}>
      <a href={linkTo({ view: 'purchase', orderId: purchase.order_id })}>
        <span class="purchase-shop">{purchase.merchant_name}</span>
        <span class="purchase-when">
          {formatMoment(purchase.created_at, locale)} · {texts.planNames[purchase.plan] ?? purchase.plan}
        </span>
      </a>
      <span class="purchase-amount amount">{money(purchase.order_amount, purchase.purchase_currency)}</span>
      <span class="purchase-state">
        <Badge
          state={state}
          text={
            state === 'open'
              ? texts.left(money(purchase.outstanding_amount, purchase.purchase_currency))
              : texts.states[state]
          }
        />
      </span>
    </li>
  );
}

export function Purchases({ purchases }: { purchases: Purchase[] }) {
  const { texts } = usePortal();
  return (
    <>
      <Heading>{texts.purchases}</Heading>
      {purchases.length === 0 ? (
        <section class="hero calm">
          <h2>{texts.noPurchases}</h2>
          <p>{texts.noPurchasesText}</p>
        </section>
      ) : (
        <>
          <Next next={nextPayment(purchases)} totals={openTotals(purchases)} />
          <ul class="list">
            {purchases.map((purchase) => (
              <Row key={purchase.order_id} purchase={purchase} />
            ))}
          </ul>
        </>
      )}
    </>
  );
}
