// Every n-th unit at a discount: "the fifth coffee is free". What the member bought before comes
// with the member's attribute `stamps`; a line that the till marks as a refill counts for nothing.
//
// Money, points, quantities and percentages are whole numbers (BigInt where they are large); see
// wit/mechanic.wit for their units.

import './guard.js';

import { exact } from './exact.js';
import { catching } from './faults.js';
import { PARAMS_SCHEMA } from './schema.js';

/** @import { Description, Fact, Item, Offer, Problem, Proposal, Receipt, Verdict } from 'loyalty:mechanic/rules@1.1.0' */

const NAME = 'my-rule';
const VERSION = '1.0.0';

/** The parameter `every` of an item: the first one of the description. */
const EVERY = 0;
/** The member's attribute `stamps`: the first need of the description. */
const STAMPS = 0;
/** The attribute `refill` of lines, true for a refill: the second need. */
const REFILL = 1;
/** The reason given with a reward. */
const NTH_UNIT = 1;
/** Reasons for declining. */
const NO_CARD = 1;
const TOO_FEW = 2;
/** One whole unit, in thousandths. */
const ONE_UNIT = 1000n;

export const rules = catching({
  /** @returns {Description} */
  describe() {
    return {
      name: NAME,
      version: VERSION,
      phases: ['discount'],
      paramsSchema: JSON.stringify(PARAMS_SCHEMA),
      targets: ['product', 'category', 'group'],
      parameters: [{ place: 'item', name: 'every', unit: 'count' }],
      needs: [
        { source: 'member', name: 'stamps' },
        { source: 'line', name: 'refill' },
      ],
      wantsParamsText: false,
      reasons: [
        {
          id: NTH_UNIT,
          texts: [
            { locale: 'en', text: '{value} off {units} × {target}' },
            { locale: 'ru', text: '{target} × {units}: −{value}' },
          ],
        },
      ],
      declineReasons: [
        {
          id: NO_CARD,
          code: 'no_card',
          kind: 'not-applicable',
          variables: [],
          texts: [
            { locale: 'en', text: 'only with a card' },
            { locale: 'ru', text: 'только с картой' },
          ],
        },
        {
          id: TOO_FEW,
          code: 'too_few_stamps',
          kind: 'below-threshold',
          variables: [{ name: 'missing', unit: 'count' }],
          texts: [
            { locale: 'en', text: '{missing} more to the next free {target}' },
            { locale: 'ru', text: 'ещё {missing} × {target} до бесплатного' },
          ],
        },
      ],
    };
  },

  /**
   * @param {string} _params
   * @param {Offer} offer
   * @returns {Problem[]}
   */
  validate(_params, offer) {
    return offer.items.flatMap((item, index) =>
      every(item) >= 1n
        ? []
        : [{ pointer: `/items/${index}/every`, code: 'not_positive', detail: 'say which unit is free: 5 for every fifth' }],
    );
  },

  /**
   * @param {Receipt} receipt
   * @param {Offer[]} offers
   * @param {Fact[]} facts
   * @returns {Verdict[]}
   */
  evaluate(receipt, offers, facts) {
    return offers.map((offer) => exact(evaluateOffer(receipt, offer, facts)));
  },
});

/** @type {(receipt: Receipt, offer: Offer, facts: Fact[]) => Verdict} */
function evaluateOffer(receipt, offer, facts) {
  if (!receipt.hasMember) {
    return { tag: 'declined-for', val: { reason: NO_CARD, values: new BigInt64Array() } };
  }
  const before = stamps(facts);
  if (before === undefined) {
    const detail = "the member's attribute `stamps` is not a whole number from 0";
    return { tag: 'failed', val: { code: 'bad_stamps', detail } };
  }
  const refills = refillsOf(facts);
  const found = offer.items.map((item, index) => propose(receipt, index, item, before, refills));
  const proposals = found.flatMap(({ proposal }) => proposal ?? []);
  const item = found.findIndex(({ missing }) => missing !== undefined);
  if (proposals.length > 0) {
    return { tag: 'proposals', val: proposals };
  }
  return item < 0
    ? { tag: 'declined', val: 'below-threshold' }
    : { tag: 'declined-for', val: { reason: TOO_FEW, item, values: BigInt64Array.of(found[item].missing ?? 0n) } };
}

/**
 * The units of this receipt that complete a row of `every`, counted on from what was bought before. If there are none,
 * how many units are missing, unless something else is.
 *
 * @type {(receipt: Receipt, index: number, item: Item, before: bigint, refills: Set<number | undefined>) =>
 *   { proposal?: Proposal, missing?: bigint }}
 */
function propose({ lines }, index, item, before, refills) {
  const all = item.scope.tag === 'whole-receipt' ? [...lines.position.keys()] : [...item.scope.val];
  const own = all.filter((line) => !refills.has(line));
  const [units, sum] = tally(lines, own);
  const row = every(item);
  if (own.length === 0 || row < 1n || units < (item.minUnits ?? 0n) || sum < (item.minSum ?? 0n)) {
    return {};
  }
  const collected = before + units / ONE_UNIT;
  const free = (collected / row - before / row) * ONE_UNIT;
  if (free <= 0n) {
    return { missing: row - (collected % row) };
  }
  const proposal = /** @type {Proposal} */ ({
    item: index,
    portions: { tag: 'listed', val: own.map((line) => ({ line })) },
    benefit: item.benefit,
    maxUnits: item.maxUnits !== undefined && item.maxUnits < free ? item.maxUnits : free,
    unitMultiple: item.unitMultiple,
    pick: item.pick ?? 'cheapest',
    cap: item.cap,
    reason: NTH_UNIT,
  });
  return { proposal };
}

/**
 * Quantity and sum of those of some lines that count.
 *
 * @type {(lines: Receipt['lines'], own: number[]) => [bigint, bigint]}
 */
function tally(lines, own) {
  const counted = own.filter((line) => lines.counts[line] !== 0);
  const sum = (/** @type {BigInt64Array} */ column) => counted.reduce((total, line) => total + column[line], 0n);
  return [sum(lines.quantity), sum(lines.amount)];
}

/**
 * The indexes of the lines that are refills.
 *
 * @type {(facts: Fact[]) => Set<number | undefined>}
 */
function refillsOf(facts) {
  return new Set(facts.filter(({ need, value }) => need === REFILL && value.val === 'true').map(({ line }) => line));
}

/** @type {(item: Item) => bigint} */
function every(item) {
  return item.extras.find((extra) => extra.parameter === EVERY)?.value ?? 0n;
}

/**
 * What the member bought before; nothing (0) if nobody said so, undefined if it makes no sense.
 *
 * @type {(facts: Fact[]) => bigint | undefined}
 */
function stamps(facts) {
  const value = facts.find((fact) => fact.need === STAMPS)?.value ?? { tag: 'number', val: 0n };
  return value.tag === 'number' && value.val >= 0n ? value.val : undefined;
}
