import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { kilograms } from './format';
import { trace, weight } from './store';

function state(): string {
  const now = weight.value;
  if (!now) return 'no scale';
  if (now.faults.length > 0) return now.faults.join(', ');
  if (now.legal?.tilted) return 'tilted';
  if (now.legal?.overload) return 'overload';
  if (now.legal?.underload) return 'underload';
  return now.stable ? 'stable' : 'moving';
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
  const legal = now?.legal;
  const blank = !now || legal?.overload || legal?.underload || legal?.tilted;
  return (
    <section class="scale" aria-label="Scale">
      <div class="reading">
        <span class="grams">{blank ? '— kg' : kilograms(legal ? legal.gross_g : now.total_g)}</span>
        <span class={now?.stable ? 'state stable' : 'state'}>{state()}</span>
      </div>
      <div class="trace" ref={place} role="img" aria-label="Weight over the last twenty seconds" />
    </section>
  );
}
