// An exception would stop the component without a word. Here it costs the offers that it is about, and its text comes to
// you: with the faults of this version, and in `offer-host mechanic test`. Tills do not see it.

/** @import { Description, Fact, Offer, Problem, Receipt, Verdict } from 'loyalty:mechanic/rules@1.1.0' */

/**
 * @typedef {object} Rules
 * @property {() => Description} describe
 * @property {(params: string, offer: Offer) => Problem[]} validate
 * @property {(receipt: Receipt, offers: Offer[], facts: Fact[]) => Verdict[]} evaluate
 */

/**
 * The rules, with exceptions as failures and problems.
 *
 * @type {(rules: Rules) => Rules}
 */
export function catching(rules) {
  /** @type {Rules['evaluate']} */
  function evaluate(receipt, offers, facts) {
    try {
      return rules.evaluate(receipt, offers, facts);
    } catch (error) {
      if (offers.length === 1) {
        return [failed(error)];
      }
      // Each alone, so that an offer that cannot be evaluated costs only itself.
      return offers.flatMap((offer) => evaluate(receipt, [offer], facts));
    }
  }

  return {
    describe: () => rules.describe(),
    validate(params, offer) {
      try {
        return rules.validate(params, offer);
      } catch (error) {
        return [{ pointer: '', code: 'exception', detail: text(error) }];
      }
    },
    evaluate,
  };
}

/** @type {(error: unknown) => Verdict} */
function failed(error) {
  const detail = 'the rule has a mistake, and could not be evaluated';
  return { tag: 'failed', val: { code: 'exception', detail, message: text(error) } };
}

/**
 * What went wrong, and where.
 *
 * @type {(error: unknown) => string}
 */
function text(error) {
  const stack = error instanceof Error && error.stack ? error.stack.trim().split('\n') : [];
  const places = stack.filter((line) => line.includes('rule.js')).slice(0, 3);
  return places.length > 0 ? `${error} (${places.map((place) => place.trim()).join(', ')})` : String(error);
}
