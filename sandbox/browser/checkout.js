/* global document, fetch, FormData, HTMLInputElement, location, window */
// The shop's half of the payment, as a merchant's developer would write it: open a session on the shop's server, give
// its client token to karv.js, and hand the authorization token back to the server.
// It never sees a card number: those are typed into a frame of another origin.

const form = document.getElementById('checkout');
const pay = document.getElementById('pay');
const problem = document.getElementById('problem');
const status = document.getElementById('payment-status');

class ShownError extends Error {}

async function post(path, body) {
  let response;
  try {
    response = await fetch(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify(body),
    });
  } catch {
    throw new ShownError('The shop cannot be reached. Check your connection and try again.');
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new ShownError(answer.error?.message ?? 'The shop could not do that. Try again.');
  return answer;
}

/** The session's categories as karv.js wants them: one, or all of them in one frame. */
function choiceOf(categories) {
  const names = categories.map((category) => category.identifier);
  return names.length > 1
    ? { payment_method_categories: names, instance_id: 'nordlys' }
    : { payment_method_category: names[0] ?? 'karv' };
}

function load(options) {
  return new Promise((resolve) => window.Karv.Payments.load({ container: '#karv-payments', ...options }, {}, resolve));
}

function authorize(options, data) {
  return new Promise((resolve) => window.Karv.Payments.authorize(options, data, resolve));
}

function billingAddress() {
  return { ...Object.fromEntries(new FormData(form)), country: 'DE' };
}

function say(message) {
  problem.textContent = message;
}

/** Names the first field that is empty or wrong and goes there; true when all are fine. */
function addressIsFilledIn() {
  const fields = [...form.elements].filter((one) => one instanceof HTMLInputElement);
  for (const field of fields) field.toggleAttribute('aria-invalid', false);
  const wrong = fields.find((field) => !field.checkValidity());
  if (wrong === undefined) return true;
  wrong.setAttribute('aria-invalid', 'true');
  say(`${wrong.labels[0].textContent}: ${wrong.validationMessage}`);
  wrong.focus();
  return false;
}

async function buy(checkout, options) {
  if (pay.disabled || !addressIsFilledIn()) return;
  say('');
  pay.disabled = true;
  const address = billingAddress();
  try {
    const result = await authorize(options, { billing_address: address });
    if (result.approved) {
      status.textContent = 'Placing your order…';
      const order = await post('/shop/api/orders', {
        checkout_id: checkout.checkout_id,
        authorization_token: result.authorization_token,
        billing_address: address,
      });
      location.assign(order.confirmation_url);
      return;
    }
    if (result.error !== undefined) say(result.error.message ?? 'Karv did not approve this payment.');
    else if (!result.show_form) say('Karv is not offered for this purchase.');
    pay.disabled = result.show_form === false;
    // A button that is disabled while it has the focus has lost it.
    pay.focus();
  } catch (error) {
    status.textContent = '';
    say(
      error instanceof ShownError ? error.message : 'The payment could not be started. Reload the page and try again.',
    );
    pay.disabled = false;
  }
}

async function start() {
  if (problem.textContent !== '') return;
  if (window.Karv?.Payments === undefined) {
    say('Payment is not available: karv.js did not load, or is not the file whose hash was published.');
    return;
  }
  status.textContent = 'Loading payment…';
  const checkout = await post('/shop/api/checkouts', {});
  const options = choiceOf(checkout.payment_method_categories);
  window.Karv.Payments.init({ client_token: checkout.client_token });
  const shown = await load(options);
  status.textContent = '';
  if (!shown.show_form) {
    say(shown.error?.message ?? 'Karv is not offered for this purchase.');
    return;
  }
  pay.disabled = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void buy(checkout, options);
  });
}

form.addEventListener('submit', (event) => event.preventDefault());
start().catch((error) => {
  status.textContent = '';
  say(error instanceof ShownError ? error.message : 'Payment could not be loaded. Reload the page.');
});
