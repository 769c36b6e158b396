// A scripted cart: serves the built page and says what a test tells it to, over the real wire.
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import type { Basket, Choice, Line, Prompt } from '../src/wire';

const dist = new URL('../dist', import.meta.url).pathname;
const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const pixel = Buffer.from('R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=', 'base64');

export interface Asked {
  method: string;
  path: string;
  body: unknown;
}

export class Cart {
  readonly asked: Asked[] = [];
  refuse: string | null = null; // answer 503 with this sentence
  catalog: Choice[] = [];
  private streams: ServerResponse[] = [];
  private last = new Map<string, unknown>();
  private server: Server = createServer((request, response) => void this.answer(request, response));

  async start(): Promise<string> {
    await new Promise<void>((ready) => this.server.listen(0, '127.0.0.1', ready));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.hangUp();
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  say(event: 'basket' | 'weight' | 'fault' | 'detections', data: unknown): void {
    this.last.set(event, data);
    for (const stream of this.streams) stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  hangUp(): void {
    for (const stream of this.streams) stream.destroy();
    this.streams = [];
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://cart');
    if (url.pathname === '/api/v1/stream') return this.stream(response);
    const json = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    if (request.method === 'POST') {
      let text = '';
      for await (const piece of request) text += String(piece);
      this.asked.push({ method: 'POST', path: url.pathname, body: text ? (JSON.parse(text) as unknown) : null });
      return this.refuse ? json(503, { error: this.refuse }) : json(202, {});
    }
    if (url.pathname === '/api/v1/cameras') {
      return json(200, { cameras: [{ name: 'left', width: 640, height: 480, fps: 10, age_ms: 40, stream: '/camera/left.mjpg' }] });
    }
    if (url.pathname === '/api/v1/catalog') {
      const query = (url.searchParams.get('query') ?? '').toLowerCase();
      return json(200, { products: this.catalog.filter((choice) => choice.name.toLowerCase().includes(query)) });
    }
    if (url.pathname.endsWith('.jpg') || url.pathname.endsWith('.mjpg')) {
      response.writeHead(200, { 'content-type': 'image/gif' });
      response.end(pixel);
      return;
    }
    const file = join(dist, url.pathname === '/' ? 'index.html' : url.pathname);
    try {
      const bytes = await readFile(file);
      response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' });
      response.end(bytes);
    } catch {
      json(404, { error: 'no such page' });
    }
  }

  private stream(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(': hello\n\n');
    for (const [event, data] of this.last) response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    this.streams.push(response);
  }
}

export const choice = (product: string, name: string, price_minor = 199): Choice => ({
  product,
  gtin: '2000000000008',
  name,
  brand: 'House',
  price_minor,
  unit: 'each',
  picture: `/api/v1/products/${product}/picture.jpg`,
});

export const line = (number: number, over: Partial<Line> = {}): Line => ({
  line: number,
  product: `p${number}`,
  gtin: '2000000000008',
  name: `Product ${number}`,
  brand: 'House',
  picture: `/api/v1/products/p${number}/picture.jpg`,
  quantity: 1,
  unit: 'each',
  net_g: null,
  unit_price_minor: 199,
  price_minor: 199,
  confidence_p: 0.995,
  confirmed: false,
  weighing: false,
  ...over,
});

export const basketOf = (lines: Line[], prompts: Prompt[] = []): Basket => ({
  t_ns: 1,
  revision: lines.length,
  currency: 'EUR',
  checked_out: false,
  items: lines.reduce((sum, each) => sum + (each.unit === 'kg' ? 1 : each.quantity), 0),
  total_minor: lines.reduce((sum, each) => sum + each.price_minor, 0),
  minimum_age: 0,
  lines,
  prompts,
});

export const promptOf = (over: Partial<Prompt> = {}): Prompt => ({
  prompt: 7,
  event: 3,
  t_ns: 1,
  kind: 'which_added',
  line: 2,
  quantity: 1,
  choices: [choice('red', 'Strawberry'), choice('blue', 'Raspberry')],
  ...over,
});
