// Spend and get: whoever spends so much on a partner's brands gets so much back, as a discount on these
// goods or in points. A product's brand is its attribute `brand`; the offer lists the brands.

import './guard.js';

import { parse } from './decimal.js';
import { catching } from './faults.js';
import { PARAMS_SCHEMA } from './schema.js';

/** @import { Declined, Description, Fact, Offer, Problem, Receipt, Verdict } from 'loyalty:mechanic/rules@1.1.0' */
/** @typedef {{ brands: string[], spend: string, get: string, times?: number, reward?: 'discount' | 'points' }} Params */

const NAME = 'spend-and-get';
const VERSION = '1.0.0';

/** The attribute `brand` of the product of each line: the first need of the description. */
const BRAND = 0;
/** The reason given with a reward. */
const SPENT_ENOUGH = 1;
/** The reason for declining, with the sum that is missing. */
const SPENT_TOO_LITTLE = 1;
/** More than any currency has. */
const EXPONENT_MAX = 6;

export const rules = catching({
  /** @returns {Description} */
  describe() {
    return {
      name: NAME,
      version: VERSION,
      phases: ['discount', 'accrual'],
      paramsSchema: JSON.stringify(PARAMS_SCHEMA),
      targets: ['receipt'],
      parameters: [],
      needs: [{ source: 'product', name: 'brand' }],
      // The brands are texts: they come with the offer's own JSON.
      wantsParamsText: true,
      reasons: [{ id: SPENT_ENOUGH, texts: [{ locale: 'en', text: '{value} back on these brands' }] }],
      declineReasons: [
        {
          id: SPENT_TOO_LITTLE,
          code: 'spent_too_little',
          kind: 'below-threshold',
          variables: [{ name: 'missing', unit: 'money' }],
          texts: [{ locale: 'en', text: '{missing} more on these brands' }],
        },
      ],
    };
  },

  /**
   * @param {string} text
   * @returns {Problem[]}
   */
  validate(text) {
    /** @type {Params} */
    const params = JSON.parse(text);
    const detail = 'must be above zero';
    return (/** @type {const} */ (['spend', 'get']))
      .filter((name) => parse(params[name], EXPONENT_MAX) === 0n)
      .map((name) => ({ pointer: `/${name}`, code: 'not_positive', detail }));
  },

  /**
   * @param {Receipt} receipt
   * @param {Offer[]} offers
   * @param {Fact[]} facts
   * @returns {Verdict[]}
   */
  evaluate(receipt, offers, facts) {
    const brands = new Map(facts.filter((fact) => fact.need === BRAND).map(({ line, value }) => [line, String(value.val)]));
    return offers.map((offer) => evaluateOffer(receipt, JSON.parse(offer.params ?? '{}'), brands));
  },
});

/** @type {(receipt: Receipt, params: Params, brands: Map<number | undefined, string>) => Verdict} */
function evaluateOffer(receipt, params, brands) {
  const { phase, lines } = receipt;
  if (!Array.isArray(params.brands) || ((params.reward ?? 'discount') === 'points') !== (phase === 'accrual')) {
    return declined('not-applicable');
  }
  const indexes = [...lines.position.keys()].filter((index) => params.brands.includes(brands.get(index) ?? ''));
  if (indexes.length === 0) {
    return declined('no-matching-line');
  }
  const spent = indexes.reduce((sum, index) => (lines.counts[index] === 0 ? sum : sum + lines.amount[index]), 0n);
  const step = parse(params.spend, receipt.moneyExponent);
  const reached = step > 0n ? spent / step : 0n;
  if (reached === 0n) {
    return { tag: 'declined-for', val: { reason: SPENT_TOO_LITTLE, values: BigInt64Array.of(step - spent) } };
  }
  const times = reached < BigInt(params.times ?? 1) ? reached : BigInt(params.times ?? 1);
  const once = parse(params.get, phase === 'accrual' ? receipt.pointsExponent : receipt.moneyExponent);
  return {
    tag: 'proposals',
    val: [
      {
        portions: { tag: 'listed', val: indexes.map((line) => ({ line })) },
        benefit: { tag: 'amount', val: once * times },
        reason: SPENT_ENOUGH,
      },
    ],
  };
}

/** @type {(why: Declined) => Verdict} */
function declined(why) {
  return { tag: 'declined', val: why };
}

