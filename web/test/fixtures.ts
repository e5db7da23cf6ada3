// What the mocked server answers: shapes of the real interface, invented people and shops.

const day = (offset: number): string => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
const moment = (offset: number): string => new Date(Date.now() + offset * 86_400_000).toISOString();

const late = 'We remind you twice. After 14 days a reminder fee of €5.00 is added once; never more than that.';

export const plans = [
  {
    plan: 'pay_in_3',
    credit: true,
    available: true,
    reason: null,
    total_amount: 14900,
    needs_card: true,
    installments: [
      { number: 1, due_date: day(0), due_today: true, amount: 4968 },
      { number: 2, due_date: day(30), due_today: false, amount: 4966 },
      { number: 3, due_date: day(60), due_today: false, amount: 4966 },
    ],
    late,
    terms_url: '/terms/pay_in_3',
    terms_hash: 'hash3',
  },
  {
    plan: 'pay_in_30',
    credit: true,
    available: true,
    reason: null,
    total_amount: 14900,
    needs_card: false,
    installments: [{ number: 1, due_date: day(30), due_today: false, amount: 14900 }],
    late,
    terms_url: '/terms/pay_in_30',
    terms_hash: 'hash30',
  },
  {
    plan: 'pay_now',
    credit: false,
    available: true,
    reason: null,
    total_amount: 14900,
    needs_card: true,
    installments: [{ number: 1, due_date: day(0), due_today: true, amount: 14900 }],
    late: '',
    terms_url: '/terms/pay_now',
    terms_hash: 'hash0',
  },
];

export const session = {
  session_id: 's1',
  merchant_name: 'Nordlys Ceramics',
  purchase_country: 'DE',
  purchase_currency: 'EUR',
  locale: 'en-GB',
  order_amount: 14900,
  order_lines: [{ name: 'Stoneware bowl', quantity: 2, total_amount: 14900 }],
  status: 'incomplete',
  email: 'test.person@example.com',
  show_form: true,
  plans,
};

export const savedCards = [
  { card_id: 'c1', brand: 'visa', last4: '1111', expiry: '04/29' },
  { card_id: 'c2', brand: 'mastercard', last4: '4444', expiry: '11/27' },
];

interface Part {
  installment_id: string;
  number: number;
  due_date: string;
  amount: number;
  paid_amount: number;
  canceled_amount: number;
  status: string;
  card_payable: boolean;
}

const part = (id: string, number: number, due: number, amount: number, status: string): Part => ({
  installment_id: id,
  number,
  due_date: day(due),
  amount,
  paid_amount: status === 'paid' ? amount : 0,
  canceled_amount: status === 'canceled' ? amount : 0,
  status,
  card_payable: status === 'planned' || status === 'due' || status === 'overdue',
});

interface Payment {
  amount: number;
  paid_at: string;
  brand: string;
  last4: string;
}

export const makePurchases = () => [
  {
    order_id: '0192-a',
    merchant_name: 'Nordlys Ceramics',
    reference: 'N-20418',
    plan: 'pay_in_3',
    purchase_currency: 'EUR',
    order_amount: 14900,
    captured_amount: 14900,
    refunded_amount: 2500,
    outstanding_amount: 7432,
    status: 'CAPTURED',
    created_at: moment(-20),
    order_lines: [
      { name: 'Stoneware bowl, sea green', quantity: 2, total_amount: 9800 },
      { name: 'Salt jar with oak lid', quantity: 1, total_amount: 5100 },
    ],
    card: { brand: 'visa', last4: '1111' },
    installments: [
      part('i1', 1, -20, 4968, 'paid'),
      part('i2', 2, 10, 4966, 'planned'),
      { ...part('i3', 3, 40, 4966, 'planned'), canceled_amount: 2500 },
    ],
    refunds: [{ refund_id: 'r1', amount: 2500, refunded_at: moment(-3), to_card_amount: 0 }],
    payments: [{ amount: 4968, paid_at: moment(-19), brand: 'visa', last4: '1111' }] as Payment[],
  },
  {
    order_id: '0192-b',
    merchant_name: 'Fjällräven Outlet Uppsala',
    reference: 'FO-7731',
    plan: 'pay_in_30',
    purchase_currency: 'SEK',
    order_amount: 129900,
    captured_amount: 129900,
    refunded_amount: 0,
    outstanding_amount: 129900,
    status: 'CAPTURED',
    created_at: moment(-33),
    order_lines: [{ name: 'Rucksack 16 l', quantity: 1, total_amount: 129900 }],
    card: null,
    installments: [part('i4', 1, -3, 129900, 'overdue')],
    refunds: [],
    payments: [] as Payment[],
  },
  {
    order_id: '0192-c',
    merchant_name: 'Bokhandel Söder',
    reference: 'B-1',
    plan: 'pay_now',
    purchase_currency: 'EUR',
    order_amount: 3450,
    captured_amount: 3450,
    refunded_amount: 0,
    outstanding_amount: 0,
    status: 'CAPTURED',
    created_at: moment(-61),
    order_lines: [{ name: 'Atlas of the Baltic', quantity: 1, total_amount: 3450 }],
    card: { brand: 'mastercard', last4: '4444' },
    installments: [part('i5', 1, -61, 3450, 'paid')],
    refunds: [],
    payments: [{ amount: 3450, paid_at: moment(-61), brand: 'mastercard', last4: '4444' }] as Payment[],
  },
  {
    order_id: '0192-d',
    merchant_name: 'Tröskel Möbler',
    reference: 'T-88',
    plan: 'pay_in_30',
    purchase_currency: 'EUR',
    order_amount: 48000,
    captured_amount: 0,
    refunded_amount: 0,
    outstanding_amount: 0,
    status: 'AUTHORIZED',
    created_at: moment(-1),
    order_lines: [{ name: 'Stool, ash', quantity: 3, total_amount: 48000 }],
    card: null,
    installments: [],
    refunds: [],
    payments: [] as Payment[],
  },
];
