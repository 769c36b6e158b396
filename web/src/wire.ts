// What the cart says: the JSON of docs/wire.md, as types.

export interface Choice {
  product: string;
  gtin: string;
  name: string;
  brand: string;
  price_minor: number;
  unit: 'each' | 'kg';
  picture: string;
}

export interface Line {
  line: number;
  product: string | null; // null: nobody has named it yet
  gtin: string | null;
  name: string | null;
  brand: string | null;
  picture: string | null;
  quantity: number;
  unit: 'each' | 'kg';
  net_g: number | null;
  unit_price_minor: number;
  price_minor: number;
  confidence_p: number;
  confirmed: boolean;
  weighing: boolean;
}

export interface Prompt {
  prompt: number;
  event: number;
  t_ns: number;
  kind: 'which_added' | 'which_removed' | 'please_scan' | 'disputed';
  line: number;
  quantity: number;
  choices: Choice[];
}

export interface Basket {
  t_ns: number;
  revision: number;
  currency: string;
  checked_out: boolean;
  items: number;
  total_minor: number;
  minimum_age: number;
  lines: Line[];
  prompts: Prompt[];
}

export interface Weight {
  t_ns: number;
  total_g: number;
  stddev_g: number;
  stable: boolean;
  faults: string[];
  legal: {
    e_g: number;
    gross_g: number;
    tare_g: number;
    net_g: number;
    stable: boolean;
    overload: boolean;
    underload: boolean;
    tilted?: boolean;
    zero?: boolean;
    settled?: boolean;
    tare_mode?: 'none' | 'taken' | 'preset';
  } | null;
  device?: string[]; // what a scale with a head of its own says
}

export interface Fault {
  t_ns: number;
  active: boolean;
  what: string;
  why: string;
}

export interface DetectedBox {
  kind: 'item' | 'hand';
  x0: number;
  y0: number;
  x1: number;
  y1: number;
  score_p: number;
  track: number;
  label: string | null;
}

export interface Detections {
  camera: string;
  t_ns: number;
  width: number;
  height: number;
  boxes: DetectedBox[];
}

export interface Camera {
  name: string;
  width: number;
  height: number;
  fps: number;
  age_ms: number | null; // null before the first picture
  stream: string;
}
