// Reading the mail: a page for people, JSON for tests. Mails are shown as text, never as the HTML they may carry.
import { json, noContent, notFound, page, type Route } from '../web/http.ts';
import { html } from '../web/html.ts';
import { sandboxPage, shortTime } from '../web/sandbox_page.ts';
import type { Mail, Mailbox } from './mailbox.ts';

export function mailRoutes(mailbox: Mailbox): Route[] {
  return [
    {
      method: 'GET',
      pattern: '/sandbox/mail',
      handle: async (call) => page(await mailPage(mailbox, call.query.get('to'), call.query.get('id'))),
    },
    {
      method: 'GET',
      pattern: '/sandbox/mail/messages',
      handle: async (call) => json({ messages: await mailbox.list(call.query.get('to')) }),
    },
    {
      method: 'GET',
      pattern: '/sandbox/mail/messages/:id',
      handle: async (call) => {
        const mail = await mailbox.find(call.params['id'] ?? '');
        if (mail === undefined) throw notFound('This mail');
        return json(mail);
      },
    },
    {
      method: 'DELETE',
      pattern: '/sandbox/mail/messages',
      handle: () => {
        mailbox.clear();
        return noContent();
      },
    },
  ];
}

async function mailPage(mailbox: Mailbox, to: string | null, id: string | null): Promise<string> {
  const filter = to === null || to.trim() === '' ? null : to;
  const mails = await mailbox.list(filter);
  const open = id === null ? mails[0] : await mailbox.find(id);
  return sandboxPage(
    'Mail',
    '/sandbox/mail',
    html`<h1>Mail</h1>
      <form class="filter" method="get" action="/sandbox/mail">
        <label for="to">To</label>
        <input id="to" name="to" type="email" autocomplete="off" value="${filter}" />
        <button>Show</button>
        ${filter !== null && html`<a href="/sandbox/mail">Show all</a>`}
      </form>
      ${mails.length === 0 && html`<p class="empty">No mail ${filter === null ? 'yet' : 'to this address'}.</p>`}
      <div class="mail">
        <nav aria-label="Mails, newest first">
          <ul>
            ${mails.map((mail) => mailLink(mail, filter, mail.id === open?.id))}
          </ul>
        </nav>
        ${open === undefined ? id !== null && html`<p>This mail is gone; the last 500 are kept.</p>` : mailText(open)}
      </div>`,
    'refresh.js',
  );
}

function mailLink(mail: Mail, filter: string | null, current: boolean) {
  const query = new URLSearchParams({ ...(filter === null ? {} : { to: filter }), id: mail.id });
  return html`<li>
    <a href="/sandbox/mail?${query.toString()}" ${current && html`aria-current="true"`}>
      <span class="subject">${mail.subject === '' ? '(no subject)' : mail.subject}</span>
      <span class="detail">${mail.to.join(', ')}</span>
      <span class="detail figures">${shortTime(mail.received_at)} UTC</span>
    </a>
  </li>`;
}

function mailText(mail: Mail) {
  return html`<article aria-labelledby="subject">
    <h2 id="subject">${mail.subject === '' ? '(no subject)' : mail.subject}</h2>
    <dl>
      <dt>From</dt>
      <dd>${mail.from}</dd>
      <dt>To</dt>
      <dd>${mail.to.join(', ')}</dd>
      <dt>Received</dt>
      <dd class="figures">${shortTime(mail.received_at)} UTC</dd>
    </dl>
    <pre tabindex="0" role="region" aria-label="Text of the mail">${mail.text}</pre>
  </article>`;
}
