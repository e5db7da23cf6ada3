/* global clearInterval, document, fetch, location, setInterval */
// Says when there is something newer than what the page shows. It does not reload by itself: someone may be reading.

const source = location.pathname.startsWith('/sandbox/mail')
  ? '/sandbox/mail/messages'
  : '/sandbox/network/messages?limit=1';
const notice = document.createElement('p');
notice.className = 'notice';
notice.setAttribute('role', 'status');
document.querySelector('h1').after(notice);

async function newest() {
  const response = await fetch(source, { headers: { Accept: 'application/json' } });
  return (await response.json()).messages[0]?.id ?? null;
}

function show() {
  const link = document.createElement('a');
  link.href = location.pathname;
  link.textContent = 'Something new has come in. Show it.';
  notice.replaceChildren(link);
}

async function watch() {
  const seen = await newest();
  const timer = setInterval(() => {
    if (document.hidden) return;
    newest()
      .then((id) => {
        if (id === seen) return;
        clearInterval(timer);
        show();
      })
      .catch(() => undefined);
  }, 2000);
}

watch().catch(() => undefined);
