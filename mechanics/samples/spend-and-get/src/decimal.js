/**
 * A decimal as a whole number of its smallest steps; digits beyond them are cut off.
 *
 * @type {(text: string, exponent: number) => bigint}
 */
export function parse(text, exponent) {
  const [whole, part = ''] = text.split('.');
  return BigInt(whole + part.slice(0, exponent).padEnd(exponent, '0'));
}
