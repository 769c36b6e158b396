import { checkout, newSession } from './api';
import { money } from './format';
import { attempt, basket } from './store';

export function TotalBar() {
  const now = basket.value;
  const items = now?.items ?? 0;
  const open = (now?.prompts.length ?? 0) > 0;
  return (
    <footer class="total">
      <div class="sum" role="status">
        <span class="items">
          {items} {items === 1 ? 'item' : 'items'}
          {now && now.minimum_age > 0 && <span class="age">age {now.minimum_age}+</span>}
        </span>
        <strong class="price">{now ? money(now.total_minor, now.currency) : '—'}</strong>
      </div>
      {now?.checked_out ? (
        <>
          <span class="done">Thank you. Please pay at the till.</span>
          <button type="button" class="primary" onClick={() => attempt(newSession())}>
            New basket
          </button>
        </>
      ) : (
        <button type="button" class="primary" disabled={items === 0 || open} onClick={() => attempt(checkout())}>
          {open ? 'Answer first' : 'Check out'}
        </button>
      )}
    </footer>
  );
}
