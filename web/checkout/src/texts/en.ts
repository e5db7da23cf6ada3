// English. The other languages have the same shape, checked by the compiler.
export const en = {
  close: 'Close',
  back: 'Back',
  continue: 'Continue',
  retry: 'Try again',
  today: 'Today',
  total: 'Total',
  payTo: (merchant: string) => `Payment to ${merchant}`,
  step: (number: number, of: number) => `Step ${number} of ${of}`,
  working: 'One moment…',

  planTitle: 'How would you like to pay?',
  planLegend: 'Ways to pay',
  planMissing: 'Choose how you would like to pay.',
  planNames: { pay_now: 'Pay now', pay_in_30: 'Pay in 30 days', pay_in_3: 'Pay in 3 parts' },
  planNotes: {
    pay_now: 'By card, in full. This is not credit.',
    pay_in_30: 'Nothing to pay today. This is credit.',
    pay_in_3: 'A third today, the rest from your card. This is credit.',
  },
  totalToPay: (amount: string) => `Total to pay ${amount}`,
  unavailable: 'Not available for this purchase.',
  chosenInReview: 'Your payment plan',

  emailTitle: 'Your e-mail',
  emailText: 'We send a code there, so that only you can pay in your name.',
  email: 'E-mail',

  codeTitle: 'Enter the code',

  cardTitle: 'Your card',
  savedCards: 'Your cards',
  anotherCard: 'Another card',
  cardFrameTitle: 'Card details: number, expiry date, security code, name',
  cardSafe: 'The card goes straight to a separate vault. Neither the shop nor this page can see it.',
  ending: 'ending in',
  expires: (expiry: string) => `expires ${expiry}`,

  reviewTitle: 'Check and confirm',
  change: 'Change',
  plan: 'Plan',
  card: 'Card',
  noCard: 'No card needed',
  termsBefore: 'By confirming you accept the ',
  terms: 'terms of this plan',
  termsAfter: '.',
  newWindow: '(opens in a new window)',
  confirmNow: (amount: string) => `Pay ${amount} now`,
  confirmLater: (zero: string) => `Confirm: ${zero} charged now`,
  reserved: (amount: string, merchant: string) =>
    `${amount} is reserved on your card now and taken when ${merchant} sends your order.`,
  laterBy: (amount: string, date: string) => `You pay ${amount} by ${date}. We send a reminder.`,
  restFromCard: 'The later parts are taken from the same card on their dates.',
  confirming: 'Asking your bank…',
  deciding: 'Confirming…',

  doneTitle: 'All done',
  doneText: (merchant: string) => `You are being taken back to ${merchant}.`,
  toShop: (merchant: string) => `Continue to ${merchant}`,
  refusedTitle: 'This way of paying is not possible here',
  refusedText: 'We cannot offer it for this purchase. Nothing was charged. You can pay in another way in the shop.',
  refusedReview: 'You may ask for a person to look at this decision again.',
  otherWay: 'Choose another way to pay',

  errors: {
    CARD_DECLINED: 'The bank did not approve this card. Nothing was charged. Another card may work.',
    CARD_EXPIRED: 'The bank says that this card has expired. Nothing was charged. Another card may work.',
    CARD_INSUFFICIENT_FUNDS:
      'The bank says that the card does not cover this amount. Nothing was charged. Another card may work.',
    CARD_UNREACHABLE: 'The bank did not answer. If anything was reserved, it is released. Please try again.',
    TOO_MANY_REQUESTS: 'That was often in a short time. Please wait a minute and try again.',
    NETWORK: 'There is no connection just now. Nothing is lost; please try again.',
    SESSION_ENDED: 'This payment has been open for too long. Please start again in the shop. Nothing was charged.',
    TERMS_CHANGED: 'The terms have changed meanwhile. Please look at them again.',
    AMOUNT_CHANGED:
      'The order in the shop has changed. Please start the payment again in the shop. Nothing was charged.',
    TRY_AGAIN: 'That did not work just now. Please try again.',
    UNKNOWN_OUTCOME: 'We have not heard yet whether it went through. Try again: you will not be charged twice.',
    MORE_NEEDED:
      'Your bank asks for one more step that is not possible here yet. Nothing was charged. Another card may work.',
  },
};

export type Texts = typeof en;
