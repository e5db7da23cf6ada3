// The form: formats while typing, checks when a field is left and when it is submitted, sends the card to the vault and
// clears itself. Who uses it: card.ts starts it; tests start it on a page of their own.
import { brandOf, digitsOf, kChecks, parseExpiry, type FieldName, type Problem } from './card_rules.ts';
import { CardRefused, postCard } from './card_api.ts';
import { groupExpiry, groupNumber, regroup } from './formatting.ts';
import { textsFor, type Texts } from './texts.ts';
import type { Parent } from './parent.ts';

const kFields: readonly FieldName[] = ['number', 'expiry', 'code', 'name'];
const kBrandNames = { visa: 'Visa', mastercard: 'Mastercard' };
const kServerProblems = new Map<string, [FieldName, Problem]>([
  ['INVALID_CARD_NUMBER', ['number', 'number_wrong']],
  ['INVALID_EXPIRY', ['expiry', 'expiry_wrong']],
  ['INVALID_CODE', ['code', 'code_wrong']],
  ['INVALID_NAME', ['name', 'name_wrong']],
]);

export interface CardForm {
  submit(): Promise<void>;
  focus(): void;
  clear(): void;
}

export function startCardForm(page: Document, ticket: string, language: string, parent: Parent): CardForm {
  const spoken = textsFor(language);
  const texts = spoken.texts;
  const element = <T extends HTMLElement>(id: string): T => {
    const found = page.getElementById(id);
    if (!found) throw new Error(`the page lacks #${id}`);
    return found as T;
  };
  const form = element<HTMLFormElement>('card');
  const inputs = Object.fromEntries(kFields.map((name) => [name, element<HTMLInputElement>(name)])) as Record<
    FieldName,
    HTMLInputElement
  >;
  let busy = false;
  let told = '';

  function showProblem(field: FieldName, problem: Problem | null): void {
    element(`${field}-error`).textContent = problem ? texts[problem] : '';
    if (problem) inputs[field].setAttribute('aria-invalid', 'true');
    else inputs[field].removeAttribute('aria-invalid');
  }

  const problemOf = (field: FieldName): Problem | null => kChecks[field](inputs[field].value, new Date());

  function tellChange(): void {
    const brand = brandOf(digitsOf(inputs.number.value));
    const complete = kFields.every((field) => problemOf(field) === null);
    element('brand').textContent = brand ? kBrandNames[brand] : '';
    const state = `${brand}${complete}`;
    if (state === told) return;
    told = state;
    parent.tell('card.change', { complete, brand });
  }

  function regroupInput(input: HTMLInputElement, group: (text: string) => string): void {
    const { text, caret } = regroup({ text: input.value, caret: input.selectionStart ?? input.value.length }, group);
    if (text === input.value) return;
    input.value = text;
    if (page.activeElement === input) input.setSelectionRange(caret, caret);
  }

  function onInput(event: Event): void {
    const input = event.target as HTMLInputElement;
    const field = input.id as FieldName;
    if (!kFields.includes(field)) return;
    // Deleting "12 / " must be possible: only text that grew is grouped again.
    const deleting = (event as InputEvent).inputType?.startsWith('delete');
    if (field === 'number') regroupInput(input, groupNumber);
    if (field === 'expiry' && !deleting) regroupInput(input, groupExpiry);
    if (input.getAttribute('aria-invalid') && problemOf(field) === null) showProblem(field, null);
    element('form-error').textContent = '';
    tellChange();
  }

  function onLeave(event: FocusEvent): void {
    const field = (event.target as HTMLElement).id as FieldName;
    if (kFields.includes(field) && inputs[field].value !== '') showProblem(field, problemOf(field));
  }

  function clear(): void {
    form.reset();
    for (const field of kFields) inputs[field].value = '';
    tellChange();
  }

  function refuse({ code, field_codes }: CardRefused): void {
    const problems = (field_codes.length > 0 ? field_codes : [code]).flatMap((one) => {
      const known = kServerProblems.get(one);
      return known ? [known] : [];
    });
    for (const problem of problems) showProblem(...problem);
    const [first] = problems;
    if (first) {
      inputs[first[0]].focus();
    } else {
      const ticketGone = code.startsWith('TICKET_');
      if (ticketGone) clear();
      element('form-error').textContent = ticketGone ? texts.expired : texts.unreachable;
    }
    parent.tell('card.error', { code, message: element('form-error').textContent || (first ? texts[first[1]] : '') });
  }

  async function submit(): Promise<void> {
    if (busy) return;
    const problems = kFields.map((field) => [field, problemOf(field)] as const);
    for (const [field, problem] of problems) showProblem(field, problem);
    const first = problems.find(([, problem]) => problem !== null);
    const expiry = parseExpiry(inputs.expiry.value);
    if (first?.[1] || !expiry) {
      const [field, problem] = first ?? ['expiry', 'expiry_wrong'];
      inputs[field].focus();
      const code = [...kServerProblems].find(([, [at]]) => at === field)?.[0] ?? '';
      parent.tell('card.error', { code, message: problem ? texts[problem] : '' });
      return;
    }
    busy = true;
    element('form-error').textContent = '';
    try {
      const answer = await postCard({
        ticket,
        number: digitsOf(inputs.number.value),
        expiry_month: expiry.month,
        expiry_year: expiry.year,
        code: inputs.code.value.trim(),
        name: inputs.name.value.trim(),
      });
      clear();
      parent.tell('card.done', { brand: answer.brand, last4: answer.last4, expiry: answer.expiry });
    } catch (error) {
      refuse(error instanceof CardRefused ? error : new CardRefused('UNREACHABLE'));
    } finally {
      busy = false;
    }
  }

  function translate(words: Texts): void {
    page.documentElement.lang = spoken.language;
    page.title = words.title;
    element('title').textContent = words.title;
    element('code-hint').textContent = words.code_hint;
    inputs.expiry.placeholder = words.expiry_hint;
    for (const field of kFields) {
      const label = page.querySelector(`label[for="${field}"]`);
      if (label) label.textContent = words[field];
    }
  }

  translate(texts);
  form.addEventListener('input', onInput);
  form.addEventListener('focusout', onLeave);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void submit();
  });
  return { submit, focus: () => inputs.number.focus(), clear };
}
