// The frame around every page of the demo shop.
import { html, type Html } from '../web/html.ts';

export interface PageOptions {
  readonly title: string;
  readonly cartCount?: number;
  /** Elements for the head, such as scripts. */
  readonly head?: Html;
}

export function shopPage(options: PageOptions, content: Html): string {
  const { title, cartCount = 0 } = options;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Nordlys Outdoor</title>
        <link rel="icon" href="/assets/mark.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/assets/shop.css" />
        ${options.head}
      </head>
      <body>
        <a class="skip" href="#content">Skip to content</a>
        <header>
          <p class="demo">Demo shop. Nothing is sold, no card is charged.</p>
          <div class="top">
            <a class="brand" href="/"
              ><img src="/assets/mark.svg" alt="" width="28" height="28" />Nordlys <span>Outdoor</span></a
            >
            <nav aria-label="Shop">
              <a href="/back-office">Back office</a>
              <a href="/cart">Cart${cartCount > 0 && html` <span class="count">${cartCount}</span>`}</a>
            </nav>
          </div>
        </header>
        <main id="content" tabindex="-1">${content}</main>
        <footer>
          <p>Nordlys Outdoor is made up, to try Karv with.</p>
          <nav aria-label="Sandbox">
            <a href="/sandbox/mail">Mail</a>
            <a href="/sandbox/network">Card network and test cards</a>
          </nav>
        </footer>
      </body>
    </html>`.text;
}

export function shopErrorPage(status: number, message: string): string {
  const title = status === 404 ? 'Not here' : 'That did not work';
  return shopPage(
    { title },
    html`<section class="narrow">
      <h1>${title}</h1>
      <p>${message}</p>
      <p><a class="button" href="/">To the shop</a></p>
    </section>`,
  );
}
