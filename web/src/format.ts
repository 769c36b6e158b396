// Numbers as shoppers read them. Money stays an integer of minor units until it is shown.

export function money(minor: number, currency: string): string {
  const format = new Intl.NumberFormat(undefined, { style: 'currency', currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(minor / 10 ** digits);
}

export function kilograms(grams: number): string {
  return `${(grams / 1000).toFixed(3)} kg`;
}

export function sureness(p: number, confirmed: boolean): { word: string; level: 'sure' | 'likely' | 'unsure' } {
  if (confirmed) return { word: 'confirmed', level: 'sure' };
  if (p >= 0.98) return { word: 'sure', level: 'sure' };
  if (p >= 0.9) return { word: `${Math.floor(p * 100)} % sure`, level: 'likely' };
  return { word: `${Math.floor(p * 100)} % sure`, level: 'unsure' };
}
