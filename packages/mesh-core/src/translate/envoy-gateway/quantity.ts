const factors: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** `32Ki` as a number. @returns undefined for nothing, and for what is no quantity */
export function quantityOf(quantity: number | string | undefined): number | undefined {
  if (quantity === undefined || typeof quantity === 'number') return quantity;
  const [, amount, unit = ''] = /^(\d+)([a-zA-Z]{0,2})$/.exec(quantity) ?? [];
  const factor = factors[unit];
  return amount === undefined || factor === undefined ? undefined : Number(amount) * factor;
}
