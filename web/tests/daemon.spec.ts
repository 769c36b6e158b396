// The page against the real daemon, playing the recorded demo session.
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Basket } from '../src/wire';

const root = new URL('../..', import.meta.url).pathname;
const build = process.env.BUILD ?? 'build';
const cartwright = build.startsWith('/') ? `${build}/cart/cartwright` : `${root}/${build}/cart/cartwright`;

let daemon: ChildProcess;
let home: string;

test.beforeAll(async () => {
  daemon = spawn(cartwright, ['replay', 'scenarios/demo.mcap', '--realtime', '--stay', '--port', '0'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  for await (const line of createInterface({ input: daemon.stderr! })) {
    const found = /page is at (http:\S+)/.exec(line);
    if (found?.[1]) {
      home = found[1];
      break;
    }
  }
  daemon.stderr!.resume();
});

test.afterAll(async () => {
  daemon.kill('SIGTERM');
  const [code] = (await once(daemon, 'exit')) as [number | null];
  expect(code).toBe(0);
});

test('a session plays: lines appear, cameras show boxes, the scale moves', async ({ page }) => {
  test.setTimeout(120_000);
  await page.goto(home);
  await expect(page.getByAltText(/Live picture/)).toHaveCount(3);
  await expect(page.locator('svg.boxes rect').first()).toBeAttached({ timeout: 30_000 });
  await expect(page.getByRole('listitem').first()).toBeVisible({ timeout: 30_000 });
  await expect(page.getByLabel('Scale')).toContainText(/[1-9]\d*\.\d{3} kg|0\.[0-9]*[1-9][0-9]* kg/);

  // Every camera's picture really decodes.
  for (const picture of await page.getByAltText(/Live picture/).all())
    await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);

  const basket = (await (await page.request.get(`${home}/api/v1/basket`)).json()) as Basket;
  const first = basket.lines.find((line) => line.name);
  if (first?.name) await expect(page.getByText(first.name).first()).toBeVisible();
  const found = await new AxeBuilder({ page }).analyze();
  expect(found.violations.map((violation) => violation.id)).toEqual([]);
});
