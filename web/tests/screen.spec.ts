import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { basketOf, Cart, choice, line, promptOf } from './cart';

let cart: Cart;

test.beforeEach(async ({ page }) => {
  cart = new Cart();
  const home = await cart.start();
  cart.say('basket', basketOf([]));
  await page.goto(home);
});

test.afterEach(async () => cart.stop());

const rows = (page: Page) => page.getByRole('listitem');
const accessible = async (page: Page) => {
  const found = await new AxeBuilder({ page }).analyze();
  expect(found.violations.map((violation) => `${violation.id}: ${violation.nodes[0]?.html}`)).toEqual([]);
};

test('an empty basket says what to do', async ({ page }) => {
  await expect(page.getByText('Put something in')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Check out' })).toBeDisabled();
  await accessible(page);
});

test('lines show quantity, price, sureness and the running total', async ({ page }) => {
  cart.say(
    'basket',
    basketOf([
      line(1, { name: 'Oat flakes', quantity: 2, price_minor: 398 }),
      line(2, { name: 'Apples', unit: 'kg', net_g: 655, unit_price_minor: 299, price_minor: 196, confidence_p: 0.93 }),
      line(3, { product: null, name: null, picture: null, price_minor: 0, confidence_p: 0.4 }),
    ]),
  );
  await expect(rows(page)).toHaveCount(3);
  await expect(rows(page).nth(0)).toContainText('2 × Oat flakes');
  await expect(rows(page).nth(0)).toContainText('3.98');
  await expect(rows(page).nth(1)).toContainText('0.655 kg × €2.99 / kg');
  await expect(rows(page).nth(1)).toContainText('93 % sure');
  await expect(rows(page).nth(2)).toContainText('Something new');
  await expect(page.getByRole('status')).toContainText('4 items');
  await expect(page.getByRole('status')).toContainText('5.94');
  await accessible(page);
});

test('a question is answered by touch', async ({ page }) => {
  cart.say('basket', basketOf([line(2, { product: null, name: null, picture: null })], [promptOf()]));
  await expect(page.getByRole('dialog')).toContainText('What did you put in?');
  await accessible(page);
  await page.getByRole('button', { name: /Raspberry/ }).tap();
  await expect.poll(() => cart.asked).toEqual([{ method: 'POST', path: '/api/v1/prompts/7', body: { product: 'blue', quantity: 1 } }]);
  cart.say('basket', basketOf([line(2, { name: 'Raspberry', confirmed: true })]));
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(rows(page).first()).toContainText('confirmed');
});

test('a question is answered by keyboard alone', async ({ page }) => {
  cart.say('basket', basketOf([], [promptOf()]));
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.getByRole('button', { name: /Strawberry/ }).focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => cart.asked.map((call) => call.body)).toEqual([{ product: 'red', quantity: 1 }]);
});

test('none of these, and something else by name', async ({ page }) => {
  cart.catalog = [choice('milk', 'Whole milk')];
  cart.say('basket', basketOf([], [promptOf()]));
  await page.getByRole('button', { name: 'None of these' }).tap();
  await expect.poll(() => cart.asked.at(-1)?.body).toEqual({ product: null, quantity: 1 });
  await page.getByRole('button', { name: 'Something else' }).tap();
  await page.getByLabel('Name or number').fill('milk');
  await page.getByRole('button', { name: /Whole milk/ }).tap();
  await expect.poll(() => cart.asked.at(-1)?.body).toEqual({ product: 'milk', quantity: 1 });
  await accessible(page);
});

test('a number typed in is a scan', async ({ page }) => {
  cart.say('basket', basketOf([], [promptOf({ kind: 'please_scan', choices: [] })]));
  await page.getByLabel('Name or number').fill('4006381333931');
  await page.getByRole('button', { name: 'Use this number' }).tap();
  await expect.poll(() => cart.asked.at(-1)).toEqual({ method: 'POST', path: '/api/v1/scan', body: { code: '4006381333931' } });
});

test("that's wrong is on every line", async ({ page }) => {
  cart.say('basket', basketOf([line(1), line(5, { name: 'Beans' })]));
  await page.getByRole('button', { name: "That's wrong: Beans" }).tap();
  await expect.poll(() => cart.asked.at(-1)?.path).toBe('/api/v1/basket/lines/5/dispute');
});

test('a refusal is shown in the words of the cart', async ({ page }) => {
  cart.refuse = 'the cart is busy; try again';
  cart.say('basket', basketOf([line(1)]));
  await page.getByRole('button', { name: 'Check out' }).tap();
  await expect(page.getByText('the cart is busy; try again')).toBeVisible();
});

test('the scale shows net, gross, tare and its lamps', async ({ page }) => {
  const legal = { e_g: 5, gross_g: 1235, tare_g: 0, net_g: 1235, stable: true, overload: false, underload: false };
  const weight = { t_ns: 1e9, total_g: 1234.2, stddev_g: 1, stable: true, faults: [], legal };
  const panel = page.getByLabel('Scale');
  cart.say('weight', weight);
  await expect(panel).toContainText('1.235 kg');
  await expect(panel).toContainText('stable');
  await expect(panel).not.toContainText('tare');
  cart.say('weight', { ...weight, legal: { ...legal, tare_g: 35, net_g: 1200, stable: false } });
  await expect(panel.locator('.grams')).toHaveText('1.200 kg');
  await expect(panel.locator('.lamp')).toHaveText(['net', 'moving']);
  await expect(panel.locator('.parts')).toHaveText('gross1.235 kgtare0.035 kg');
  await accessible(page);
  cart.say('weight', { ...weight, total_g: 1, legal: { ...legal, gross_g: 0, net_g: 0, zero: true } });
  await expect(panel.locator('.lamp')).toHaveText(['zero', 'stable']);
});

test('a scale that may show no number shows none', async ({ page }) => {
  const legal = { e_g: 5, gross_g: 1235, tare_g: 0, net_g: 1235, stable: true, overload: false, underload: false };
  const weight = { t_ns: 2e9, total_g: 31000, stddev_g: 1, stable: true, faults: [], legal };
  const panel = page.getByLabel('Scale');
  cart.say('weight', { ...weight, legal: { ...legal, overload: true } });
  await expect(panel.locator('.lamp')).toHaveText(['overload']);
  await expect(panel).toContainText('— kg');
  cart.say('weight', { ...weight, legal: { ...legal, tilted: true } });
  await expect(panel.locator('.lamp')).toHaveText(['tilted']);
  cart.say('weight', { ...weight, legal: { ...legal, underload: true } });
  await expect(panel.locator('.lamp')).toHaveText(['underload']);
  await expect(panel).toContainText('— kg');
  cart.say('weight', weight);
  await expect(panel).toContainText('1.235 kg');
  cart.say('fault', { t_ns: 3e9, active: true, what: 'scale', why: 'silent: is it on?' });
  await expect(panel).toContainText('— kg');
  await expect(panel.locator('.lamp')).toHaveText(['no reading']);
  await expect(page.getByText('silent: is it on?')).toBeVisible();
  await accessible(page);
  cart.say('fault', { t_ns: 4e9, active: false, what: 'scale', why: '' });
  await expect(panel).toContainText('1.235 kg');
});

test('boxes are drawn over the live picture', async ({ page }) => {
  await expect(page.getByAltText('Live picture, camera left')).toBeVisible();
  cart.say('detections', {
    camera: 'left', t_ns: 1, width: 640, height: 480,
    boxes: [
      { kind: 'item', x0: 100, y0: 100, x1: 300, y1: 260, score_p: 0.9, track: 4, label: 'Oat flakes' },
      { kind: 'hand', x0: 10, y0: 10, x1: 90, y1: 80, score_p: 0.8, track: 5, label: null },
    ],
  });
  await expect(page.locator('svg.boxes rect')).toHaveCount(2);
  await expect(page.locator('svg.boxes')).toContainText('Oat flakes');
});

test('a fault is on show until it is over', async ({ page }) => {
  cart.say('fault', { t_ns: 1, active: true, what: 'camera.left', why: 'no picture for 2 s' });
  await expect(page.getByText('no picture for 2 s')).toBeVisible();
  cart.say('fault', { t_ns: 2, active: false, what: 'camera.left', why: '' });
  await expect(page.getByText('no picture for 2 s')).toBeHidden();
});

test('a lost connection keeps the basket and comes back', async ({ page }) => {
  cart.say('basket', basketOf([line(1, { name: 'Oat flakes' })]));
  await expect(rows(page)).toHaveCount(1);
  cart.hangUp();
  await expect(page.getByText('Reconnecting')).toBeVisible();
  await expect(rows(page)).toHaveCount(1);
  await expect(page.getByText('Reconnecting')).toBeHidden({ timeout: 15_000 });
});

test('checkout asks the cart, and the page says where to pay', async ({ page }) => {
  const paid = basketOf([line(1)]);
  cart.say('basket', paid);
  await page.getByRole('button', { name: 'Check out' }).tap();
  await expect.poll(() => cart.asked.at(-1)?.body).toEqual({ action: 'checkout' });
  cart.say('basket', { ...paid, checked_out: true });
  await expect(page.getByText('Please pay at the till')).toBeVisible();
});

test('every target is at least 44 pixels high and nothing overflows a 10-inch screen', async ({ page }) => {
  cart.say('basket', basketOf(Array.from({ length: 12 }, (_, index) => line(index + 1))));
  await expect(rows(page)).toHaveCount(12);
  for (const button of await page.getByRole('button').all()) {
    const box = await button.boundingBox();
    if (box) expect(box.height).toBeGreaterThanOrEqual(44);
  }
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
});
