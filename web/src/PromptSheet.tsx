import { useEffect, useRef, useState } from 'preact/hooks';
import { answerPrompt, findProducts, typeCode } from './api';
import { money } from './format';
import { attempt, basket, openPrompt } from './store';
import type { Choice, Prompt } from './wire';

function question(prompt: Prompt): string {
  const many = prompt.quantity > 1 ? ` (${prompt.quantity} pieces)` : '';
  switch (prompt.kind) {
    case 'which_added':
      return `What did you put in?${many}`;
    case 'which_removed':
      return `What did you take out?${many}`;
    case 'disputed':
      return 'Sorry. What is it really?';
    case 'please_scan':
      return 'I do not know this one. Please scan it.';
  }
}

function Choices({ choices, pick, currency }: { choices: Choice[]; pick: (product: string) => void; currency: string }) {
  return (
    <div class="choices">
      {choices.map((choice) => (
        <button type="button" class="choice" key={choice.product} onClick={() => pick(choice.product)}>
          <img src={choice.picture} alt="" width="120" height="120" />
          <span class="name">{choice.name}</span>
          <span class="detail">
            {money(choice.price_minor, currency)}
            {choice.unit === 'kg' ? ' / kg' : ''}
          </span>
        </button>
      ))}
    </div>
  );
}

function Search({ pick, currency }: { pick: (product: string) => void; currency: string }) {
  const [words, setWords] = useState('');
  const [found, setFound] = useState<Choice[]>([]);
  const isCode = /^\d{4,14}$/.test(words.trim());

  useEffect(() => {
    let stale = false;
    if (words.trim().length < 2 || isCode) setFound([]);
    else findProducts(words.trim()).then((list) => !stale && setFound(list), () => undefined);
    return () => {
      stale = true;
    };
  }, [words, isCode]);

  return (
    <form
      class="search"
      onSubmit={(event) => {
        event.preventDefault();
        if (isCode) attempt(typeCode(words.trim()));
      }}
    >
      <label>
        Name or number on the barcode
        <input value={words} onInput={(event) => setWords(event.currentTarget.value)} autocomplete="off" />
      </label>
      {isCode && <button type="submit">Use this number</button>}
      <Choices choices={found} pick={pick} currency={currency} />
    </form>
  );
}

export function PromptSheet() {
  const prompt = openPrompt.value;
  const currency = basket.value?.currency ?? 'EUR';
  const sheet = useRef<HTMLDialogElement>(null);
  const [searching, setSearching] = useState(false);
  const number = prompt?.prompt;

  useEffect(() => {
    setSearching(prompt?.choices.length === 0);
    const dialog = sheet.current;
    if (!dialog) return;
    if (number !== undefined && !dialog.open) dialog.showModal();
    if (number === undefined && dialog.open) dialog.close();
  }, [number]);

  const pick = (product: string | null) => prompt && attempt(answerPrompt(prompt.prompt, product, prompt.quantity));
  return (
    <dialog class="sheet" ref={sheet} aria-labelledby="question" onCancel={(event) => event.preventDefault()}>
      {prompt && (
        <>
          <h2 id="question">{question(prompt)}</h2>
          <Choices choices={prompt.choices} pick={pick} currency={currency} />
          {searching && <Search pick={pick} currency={currency} />}
          <div class="ways">
            {!searching && (
              <button type="button" onClick={() => setSearching(true)}>
                Something else
              </button>
            )}
            {prompt.kind !== 'please_scan' && (
              <button type="button" onClick={() => pick(null)}>
                None of these
              </button>
            )}
          </div>
        </>
      )}
    </dialog>
  );
}
