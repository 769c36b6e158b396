// What the shopper tells the cart. Every call is a queued command: its effect arrives on the stream.
import type { Camera, Choice } from './wire';

async function call<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
  const answer = await fetch(path, {
    method,
    headers: body === undefined ? undefined : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  const json: unknown = text ? JSON.parse(text) : {};
  if (!answer.ok) {
    const reason = (json as { error?: string }).error;
    throw new Error(reason ?? `the cart answered ${answer.status}`);
  }
  return json as T;
}

export const answerPrompt = (prompt: number, product: string | null, quantity: number) =>
  call<unknown>('POST', `/api/v1/prompts/${prompt}`, { product, quantity });

export const disputeLine = (line: number) => call<unknown>('POST', `/api/v1/basket/lines/${line}/dispute`);

export const checkout = () => call<unknown>('POST', '/api/v1/session', { action: 'checkout' });

export const newSession = () => call<unknown>('POST', '/api/v1/session', { action: 'reset' });

export const typeCode = (code: string) => call<unknown>('POST', '/api/v1/scan', { code });

export const findProducts = async (query: string) =>
  (await call<{ products: Choice[] }>('GET', `/api/v1/catalog?limit=6&query=${encodeURIComponent(query)}`)).products;

export const listCameras = async () => (await call<{ cameras: Camera[] }>('GET', '/api/v1/cameras')).cameras;
