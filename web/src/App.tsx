import { BasketList } from './BasketList';
import { Cameras } from './Cameras';
import { PromptSheet } from './PromptSheet';
import { ScalePanel } from './ScalePanel';
import { activeFaults, connected, notice } from './store';
import { TotalBar } from './TotalBar';

function Banner() {
  const problems = activeFaults.value;
  return (
    <div class="banners" aria-live="polite">
      {!connected.value && <p class="banner offline">Reconnecting to the cart… your basket is kept.</p>}
      {problems.map((fault) => (
        <p class="banner fault" key={fault.what}>
          <strong>{fault.what}</strong> {fault.why}
        </p>
      ))}
      {notice.value && (
        <p class="banner notice">
          {notice.value}
          <button type="button" onClick={() => (notice.value = null)}>
            OK
          </button>
        </p>
      )}
    </div>
  );
}

export function App() {
  return (
    <>
      <header class="top">
        <h1>Your cart</h1>
        <Banner />
      </header>
      <main>
        <BasketList />
        <aside aria-label="What the cart sees and weighs">
          <Cameras />
          <ScalePanel />
        </aside>
      </main>
      <TotalBar />
      <PromptSheet />
    </>
  );
}
