// The frame around the sandbox's own pages (mail, card network): plain, dense, made for developers.
import { html, type Html } from './html.ts';

const places = [
  { href: '/', name: 'Shop' },
  { href: '/back-office', name: 'Back office' },
  { href: '/sandbox/mail', name: 'Mail' },
  { href: '/sandbox/network', name: 'Card network' },
];

export function sandboxPage(title: string, here: string, content: Html, script?: string): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Karv sandbox</title>
        <link rel="icon" href="/assets/mark.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/assets/sandbox.css" />
        ${script !== undefined && html`<script type="module" src="/assets/${script}"></script>`}
      </head>
      <body>
        <header class="bar">
          <strong>Karv sandbox</strong>
          <nav aria-label="Sandbox">
            ${places.map(
              (place) =>
                html`<a href="${place.href}" ${place.href === here && html`aria-current="page"`}>${place.name}</a>`,
            )}
          </nav>
        </header>
        <main>${content}</main>
      </body>
    </html>`.text;
}

/** "2026-11-22 17:04:09": the wall clock, in UTC. */
export function shortTime(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ');
}
