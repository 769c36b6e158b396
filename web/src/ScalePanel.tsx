import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { kilograms } from './format';
import { faults, trace, weight } from './store';
import type { Weight } from './wire';

// The lamps beside a scale's number: those that are lit. The banner says what a fault is about.
function lamps(now: Weight | null, lost: boolean): { word: string; level: 'good' | 'plain' | 'bad' }[] {
  if (lost) return [{ word: 'no reading', level: 'bad' }];
  if (!now) return [{ word: 'no scale', level: 'plain' }];
  if (now.faults.length > 0) return [{ word: now.faults.join(', '), level: 'bad' }];
  const legal = now.legal;
  if (legal?.tilted) return [{ word: 'tilted', level: 'bad' }];
  if (legal?.overload) return [{ word: 'overload', level: 'bad' }];
  if (legal?.underload) return [{ word: 'underload', level: 'bad' }];
  const lit: ReturnType<typeof lamps> = [];
  if (legal?.zero) lit.push({ word: 'zero', level: 'plain' });
  if (legal && legal.tare_g !== 0) lit.push({ word: 'net', level: 'plain' });
  const still = legal ? legal.stable : now.stable;
  lit.push(still ? { word: 'stable', level: 'good' } : { word: 'moving', level: 'bad' });
  return lit;
}

export function ScalePanel() {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);

  useEffect(() => {
    const node = place.current;
    if (!node) return;
    plot.current = new uPlot(
      {
        width: node.clientWidth || 320,
        height: 96,
        legend: { show: false },
        cursor: { show: false },
        axes: [{ show: false }, { show: false }],
        series: [{}, { stroke: '#2c7a68', width: 2, fill: '#2c7a6822' }],
        scales: { x: { time: false } },
      },
      [[], []],
      node,
    );
    const resize = new ResizeObserver(() => plot.current?.setSize({ width: node.clientWidth, height: 96 }));
    resize.observe(node);
    return () => {
      resize.disconnect();
      plot.current?.destroy();
    };
  }, []);

  useEffect(() => plot.current?.setData([trace.value.t_s, trace.value.total_g]), [trace.value]);

  const now = weight.value;
  const lost = faults.value['scale']?.active ?? false;
  const legal = now?.legal ?? null;
  const blank = lost || !now || Boolean(legal?.overload || legal?.underload || legal?.tilted);
  const shown = legal ? legal.net_g : (now?.total_g ?? 0);
  return (
    <section class="scale" aria-label="Scale">
      <div class="reading">
        <span class="grams">{blank ? '— kg' : kilograms(shown)}</span>
        <span class="lamps">
          {lamps(now, lost).map((lamp) => (
            <span class={`lamp ${lamp.level}`} key={lamp.word}>
              {lamp.word}
            </span>
          ))}
        </span>
      </div>
      {legal && !blank && legal.tare_g !== 0 && (
        <dl class="parts">
          <dt>gross</dt>
          <dd>{kilograms(legal.gross_g)}</dd>
          <dt>tare</dt>
          <dd>{kilograms(legal.tare_g)}</dd>
        </dl>
      )}
      <div class="trace" ref={place} role="img" aria-label="Weight over the last twenty seconds" />
    </section>
  );
}
