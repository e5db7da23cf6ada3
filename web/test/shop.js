// The shop's side of the page tests: what a plug-in does, as plainly as possible.
const query = new URLSearchParams(location.search);
const payments = query.get('script') === 'klarna-compat.js' ? window.Klarna.Payments : window.Karv.Payments;
const say = (name, value) => (document.body.dataset[name] = JSON.stringify(value));
const category = query.get('category') ?? 'klarna';

payments.on('heightChanged', ({ height }) => say('height', height));
payments.on('fullscreenOverlayShown', () => say('overlay', true));
payments.on('fullscreenOverlayHidden', () => say('overlay', false));
payments.init({ client_token: query.get('token') });
payments.load({ container: '#payment', payment_method_category: category }, {}, (answer) => say('loaded', answer));
document.getElementById('buy').addEventListener('click', () => {
  const data = { billing_address: { given_name: 'Test', country: 'DE' } };
  payments.authorize(data, { payment_method_category: '' }, (answer) => say('result', answer));
});
