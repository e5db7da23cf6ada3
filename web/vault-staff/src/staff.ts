// The vault's page for staff: makes a person's passkey, asks, decides, and shows a card for a moment. Whatever is done
// is signed with the passkey, over words that stand on the screen; nobody is ever signed in.
import * as api from './staff_api.ts';
import { makePasskey, sign } from './passkeys.ts';
import { fillList, type Button } from './requests.ts';
import { startShown } from './shown.ts';
import { actWords, revealWords, type Wish } from './words.ts';

const find = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const shown = startShown(document, tell);

function tell(text: string): void {
  find('message').textContent = text;
}

function sentenceOf(error: unknown): string {
  if (error instanceof api.Refused) {
    if (error.code === 'PASSKEY_REFUSED')
      return 'The passkey was not accepted. It must be the one that was made here: on one device, with your PIN or fingerprint.';
    return error.message;
  }
  if (error instanceof DOMException) return 'Nothing was signed. Try again when you are ready.';
  return 'Something went wrong. Load the page again.';
}

/** One act at a time; what goes wrong is said, never thrown away. */
let busy = false;
async function act(work: () => Promise<void>): Promise<void> {
  if (busy) return;
  busy = true;
  document.body.setAttribute('aria-busy', 'true');
  tell('');
  try {
    await work();
  } catch (error) {
    tell(sentenceOf(error));
  } finally {
    busy = false;
    document.body.removeAttribute('aria-busy');
  }
}

async function signAct(name: 'look' | 'refuse' | 'list', request?: string): Promise<api.SignedWords> {
  return sign(actWords(name, await api.vaultNow(), request));
}

function replace(request: api.RequestView): void {
  known.mine = known.mine.map((one) => (one.request === request.request ? request : one));
  known.to_decide = known.to_decide.filter((one) => one.request !== request.request);
  draw();
}

const known: { mine: readonly api.RequestView[]; to_decide: readonly api.RequestView[] } = { mine: [], to_decide: [] };

const kLook: Button = {
  name: 'Look',
  press: (request) =>
    void act(async () => {
      const card = await api.look(await signAct('look', request.request));
      shown.show(card, await api.vaultNow());
      replace({ ...request, looks_left: card.looks_left, state: card.looks_left > 0 ? request.state : 'used' });
    }),
};
const kApprove: Button = {
  name: 'Approve',
  press: (request) =>
    void act(async () => {
      replace(await api.approve(await sign(request.words)));
      tell(`Approved: ${request.requester} can look now.`);
    }),
};
const kRefuse: Button = {
  name: 'Refuse',
  quiet: true,
  press: (request) =>
    void act(async () => {
      replace(await api.refuse(await signAct('refuse', request.request)));
      tell('Refused.');
    }),
};

function draw(): void {
  fillList(find('to-decide'), 'You decide', known.to_decide, () => [kApprove, kRefuse]);
  fillList(find('mine'), 'You asked', known.mine, ({ state }) => (state === 'approved' ? [kLook] : []));
}

async function showList(): Promise<void> {
  const view = await api.list(await signAct('list'));
  const due = new Date(view.review_due).toLocaleDateString('en-GB', { dateStyle: 'long' });
  find('who').textContent = `${view.name}. Your access is reviewed by ${due}.`;
  known.mine = view.mine;
  known.to_decide = view.to_decide;
  draw();
  if (view.mine.length + view.to_decide.length === 0) tell('Nothing waits for you.');
}

function mark(id: string, text: string): boolean {
  const input = find<HTMLInputElement>(id);
  find(`${id}-error`).textContent = text;
  if (text === '') input.removeAttribute('aria-invalid');
  else input.setAttribute('aria-invalid', 'true');
  return text === '';
}

function readWish(): Wish | undefined {
  const value = (id: string): string => find<HTMLInputElement>(id).value.trim();
  const card = value('card').toLowerCase();
  const reference = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(card);
  const goodCard = mark('card', reference ? '' : 'A card reference has 36 letters, digits and dashes.');
  const goodCase = mark(
    'case',
    /^[\w\-/.]{1,40}$/.test(value('case')) ? '' : 'Letters, digits, dashes, dots and slashes; up to 40.',
  );
  if (!goodCard || !goodCase) {
    find(goodCard ? 'case' : 'card').focus();
    return undefined;
  }
  return {
    card,
    level: new FormData(find<HTMLFormElement>('ask')).get('level') as string,
    reason: value('reason'),
    case_number: value('case'),
    note: value('note'),
    looks: Number(value('looks')),
    minutes: Number(value('minutes')),
  };
}

async function ask(): Promise<void> {
  const wish = readWish();
  if (wish === undefined) return;
  const request = await api.ask(await sign(revealWords(wish, await api.vaultNow(), crypto.randomUUID())));
  known.mine = [request, ...known.mine];
  draw();
  find<HTMLFormElement>('ask').reset();
  tell(request.state === 'approved' ? 'You can look now.' : 'Asked. Another person decides; then you can look.');
  find('waiting-title').scrollIntoView();
}

async function startEnrolment(link: string): Promise<void> {
  const enrolment = await api.findEnrolment(link);
  find('enrol').hidden = false;
  find('enrol-who').textContent = `For ${enrolment.name}.`;
  find('enrol-make').addEventListener(
    'click',
    () =>
      void act(async () => {
        const { client_data, attestation } = await makePasskey(enrolment);
        const { passkey } = await api.enrol(link, client_data, attestation);
        find('enrol-make').hidden = true;
        find('enrol-done').hidden = false;
        find('enrol-letters').textContent = (passkey.match(/.{4}/g) ?? []).join(' ');
        tell('Your passkey is made.');
      }),
  );
}

function start(): void {
  const link = new URLSearchParams(location.hash.slice(1)).get('enrol');
  if (link !== null) {
    history.replaceState(null, '', location.pathname); // the link works once, and is in no history
    void act(() => startEnrolment(link));
    return;
  }
  find('work').hidden = false;
  find('list').addEventListener('click', () => void act(showList));
  find('ask').addEventListener('submit', (event) => {
    event.preventDefault();
    void act(ask);
  });
}

start();
