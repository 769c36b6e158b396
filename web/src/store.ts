// The page's whole state, fed by one stream of server-sent events. Components only read it.
import { computed, signal } from '@preact/signals';
import { listCameras } from './api';
import type { Basket, Camera, Detections, Fault, Weight } from './wire';

const TRACE_POINTS = 200; // about 20 s of readings

export const connected = signal(false);
export const basket = signal<Basket | null>(null);
export const weight = signal<Weight | null>(null);
export const trace = signal<{ t_s: number[]; total_g: number[] }>({ t_s: [], total_g: [] });
export const faults = signal<Record<string, Fault>>({});
export const cameras = signal<Camera[]>([]);
export const detections = signal<Record<string, Detections>>({});
export const notice = signal<string | null>(null); // one sentence: what just went wrong

export const openPrompt = computed(() => basket.value?.prompts[0] ?? null);
export const activeFaults = computed(() => Object.values(faults.value).filter((fault) => fault.active));

// A line is news for a moment after it changes, so that the eye finds it.
export const freshLines = signal<ReadonlySet<number>>(new Set());

function receiveBasket(next: Basket): void {
  const before = new Map((basket.value?.lines ?? []).map((line) => [line.line, line]));
  const changed = next.lines
    .filter((line) => {
      const old = before.get(line.line);
      return !old || old.quantity !== line.quantity || old.product !== line.product;
    })
    .map((line) => line.line);
  if (changed.length > 0 && basket.value) {
    freshLines.value = new Set(changed);
    window.setTimeout(() => (freshLines.value = new Set()), 1600);
  }
  basket.value = next;
}

function receiveWeight(next: Weight): void {
  weight.value = next;
  const { t_s, total_g } = trace.value;
  trace.value = {
    t_s: [...t_s, next.t_ns / 1e9].slice(-TRACE_POINTS),
    total_g: [...total_g, next.total_g].slice(-TRACE_POINTS),
  };
}

export function attempt(action: Promise<unknown>): void {
  notice.value = null;
  action.catch((error: Error) => (notice.value = error.message));
}

export function connect(): void {
  const stream = new EventSource('/api/v1/stream');
  const on = <T>(name: string, receive: (message: T) => void) =>
    stream.addEventListener(name, (event) => receive(JSON.parse((event as MessageEvent<string>).data) as T));

  stream.onopen = () => {
    connected.value = true;
    listCameras().then((list) => (cameras.value = list), () => undefined);
  };
  stream.onerror = () => {
    connected.value = false;
    if (stream.readyState === EventSource.CLOSED) window.setTimeout(connect, 1000);
  };
  on<Basket>('basket', receiveBasket);
  on<Weight>('weight', receiveWeight);
  on<Fault>('fault', (fault) => (faults.value = { ...faults.value, [fault.what]: fault }));
  on<Detections>('detections', (seen) => (detections.value = { ...detections.value, [seen.camera]: seen }));
}
