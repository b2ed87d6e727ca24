// Every n-th unit at a discount: "the fifth coffee is free". What the member bought before comes
// with the member's attribute `stamps`.
//
// Money, points, quantities and percentages are whole numbers (BigInt where they are large); see
// wit/mechanic.wit for their units.

import { exact } from './exact.js';
import { PARAMS_SCHEMA } from './schema.js';

/** @import { Description, Fact, Item, Offer, Problem, Proposal, Receipt, Verdict } from 'loyalty:mechanic/rules@1.0.0' */

const NAME = 'my-rule';
const VERSION = '1.0.0';

/** The parameter `every` of an item: the first one of the description. */
const EVERY = 0;
/** The member's attribute `stamps`: the first need of the description. */
const STAMPS = 0;
/** The reason given with a reward. */
const NTH_UNIT = 1;
/** One whole unit, in thousandths. */
const ONE_UNIT = 1000n;

export const rules = {
  /** @returns {Description} */
  describe() {
    return {
      name: NAME,
      version: VERSION,
      phases: ['discount'],
      paramsSchema: JSON.stringify(PARAMS_SCHEMA),
      targets: ['product', 'category', 'group'],
      parameters: [{ place: 'item', name: 'every', unit: 'count' }],
      needs: [{ source: 'member', name: 'stamps' }],
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
};

/** @type {(receipt: Receipt, offer: Offer, facts: Fact[]) => Verdict} */
function evaluateOffer(receipt, offer, facts) {
  if (!receipt.hasMember) {
    return { tag: 'declined', val: 'not-applicable' };
  }
  const before = stamps(facts);
  if (before === undefined) {
    const detail = "the member's attribute `stamps` is not a whole number from 0";
    return { tag: 'failed', val: { code: 'bad_stamps', detail } };
  }
  const proposals = offer.items.flatMap((item, index) => propose(receipt, index, item, before));
  return proposals.length > 0 ? { tag: 'proposals', val: proposals } : { tag: 'declined', val: 'below-threshold' };
}

/**
 * The units of this receipt that complete a row of `every`, counted on from what was bought before.
 *
 * @type {(receipt: Receipt, index: number, item: Item, before: bigint) => Proposal[]}
 */
function propose(receipt, index, item, before) {
  const row = every(item);
  const { units, sum } = tally(receipt, item);
  if (row < 1n || units < (item.minUnits ?? 0n) || sum < (item.minSum ?? 0n)) {
    return [];
  }
  const free = ((before + units / ONE_UNIT) / row - before / row) * ONE_UNIT;
  if (free <= 0n) {
    return [];
  }
  return [
    {
      item: index,
      portions: { tag: 'item-scope' },
      benefit: item.benefit,
      maxUnits: item.maxUnits !== undefined && item.maxUnits < free ? item.maxUnits : free,
      unitMultiple: item.unitMultiple,
      pick: item.pick ?? 'cheapest',
      cap: item.cap,
      reason: NTH_UNIT,
    },
  ];
}

/**
 * Quantity and sum of the item's lines that count.
 *
 * @type {(receipt: Receipt, item: Item) => { units: bigint, sum: bigint }}
 */
function tally({ lines }, { scope }) {
  const indexes = scope.tag === 'whole-receipt' ? lines.position.keys() : scope.val;
  let [units, sum] = [0n, 0n];
  for (const index of indexes) {
    if (lines.counts[index] !== 0) {
      units += lines.quantity[index];
      sum += lines.amount[index];
    }
  }
  return { units, sum };
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
