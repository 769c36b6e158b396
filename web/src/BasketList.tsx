import { disputeLine } from './api';
import { kilograms, money, sureness } from './format';
import { attempt, basket, freshLines } from './store';
import type { Line } from './wire';

function Amount({ line, currency }: { line: Line; currency: string }) {
  if (line.product === null) return <span class="amount pending">to be named</span>;
  if (line.weighing) return <span class="amount pending">weighing…</span>;
  return <span class="amount">{money(line.price_minor, currency)}</span>;
}

function detail(line: Line, currency: string): string {
  const unit = money(line.unit_price_minor, currency);
  if (line.unit === 'kg') return line.net_g === null ? `${unit} / kg` : `${kilograms(line.net_g)} × ${unit} / kg`;
  return line.quantity > 1 ? `${line.quantity} × ${unit}` : '';
}

function Row({ line, currency }: { line: Line; currency: string }) {
  const name = line.name ?? 'Something new';
  const sure = sureness(line.confidence_p, line.confirmed);
  return (
    <li class={freshLines.value.has(line.line) ? 'line fresh' : 'line'}>
      {line.picture ? (
        <img class="picture" src={line.picture} alt="" width="72" height="72" />
      ) : (
        <span class="picture unknown" aria-hidden="true">
          ?
        </span>
      )}
      <div class="what">
        <span class="name">
          {line.unit === 'each' && line.quantity > 1 && <b class="count">{line.quantity} × </b>}
          {name}
        </span>
        <span class="detail">
          {[line.brand, detail(line, currency)].filter(Boolean).join(' · ')}
        </span>
        <span class={`sure ${sure.level}`}>
          <span class="dot" aria-hidden="true" />
          {sure.word}
        </span>
      </div>
      <Amount line={line} currency={currency} />
      <button type="button" class="wrong" aria-label={`That's wrong: ${name}`} onClick={() => attempt(disputeLine(line.line))}>
        That’s wrong
      </button>
    </li>
  );
}

export function BasketList() {
  const now = basket.value;
  return (
    <section class="basket" aria-label="Basket">
      {!now || now.lines.length === 0 ? (
        <div class="empty">
          <img src="/icon.svg" alt="" width="96" height="96" />
          <p>Put something in. It will appear here.</p>
        </div>
      ) : (
        <ol aria-live="polite" aria-relevant="additions text">
          {now.lines.map((line) => (
            <Row key={line.line} line={line} currency={now.currency} />
          ))}
        </ol>
      )}
    </section>
  );
}
