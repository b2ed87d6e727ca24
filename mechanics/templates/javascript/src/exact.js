// A mechanic answers in whole numbers. A component cuts a fraction off without a word, and stops at a Number where a
// BigInt is due; here both cost the offer that they stand in, and say what to write.

/** @import { Verdict } from 'loyalty:mechanic/rules@1.1.0' */

/** Fields with money, points or quantities, which are BigInt; so are the values of these benefits. */
const BIG_FIELDS = ['maxUnits', 'unitMultiple', 'cap', 'quantity'];
const BIG_BENEFITS = ['amount', 'amount-per-unit', 'amount-per-line', 'unit-price'];

/**
 * The verdict, unless there is a number in it that would not arrive as it is.
 *
 * @type {(verdict: Verdict) => Verdict}
 */
export function exact(verdict) {
  const message = verdict.tag === 'proposals' ? problem(verdict.val, 'proposals', false) : undefined;
  const detail = 'the rule has a mistake: a number in its answer is not exact';
  return message === undefined ? verdict : { tag: 'failed', val: { code: 'not_exact', detail, message } };
}

/** @type {(value: unknown, place: string, big: boolean) => string | undefined} */
function problem(value, place, big) {
  if (typeof value === 'number' && big) {
    return `${place} is the Number ${value}: write a BigInt, as 1000n`;
  }
  if (typeof value === 'bigint' && BigInt.asIntN(64, value) !== value) {
    return `${place} is ${value}: no number of the contract is so large`;
  }
  if (typeof value === 'number' && !Number.isInteger(value)) {
    return `${place} is ${value}: write a whole number of the smallest part, as 1250 for 12.5 %`;
  }
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  const isBig = 'tag' in value && BIG_BENEFITS.includes(String(value.tag));
  for (const [name, inner] of Object.entries(value)) {
    const found = problem(inner, `${place}.${name}`, BIG_FIELDS.includes(name) || (isBig && name === 'val'));
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}
