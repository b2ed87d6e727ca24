import assert from 'node:assert/strict';
import { test } from 'node:test';

import { exact } from '../src/exact.js';
import { catching } from '../src/faults.js';
import { rules } from '../src/rule.js';

/** Three packs of milk, bought by a member. */
const receipt = {
  hasMember: true,
  lines: { position: [1], counts: [1], quantity: [3000n], amount: [26997n] },
};
const fifth = {
  scope: { tag: 'lines', val: [0] },
  benefit: { tag: 'percent', val: 10_000 },
  extras: [{ parameter: 0, value: 5n }],
};
const offer = { id: 1, items: [fifth], extras: [] };
const stamps = (value) => [{ need: 0, value: { tag: 'number', val: value } }];

test('units are counted on from what was bought before', () => {
  for (const [before, free] of [[0n, undefined], [1n, undefined], [2n, 1000n], [4n, 1000n], [5n, undefined]]) {
    const [verdict] = rules.evaluate(receipt, [offer], stamps(before));
    assert.equal(verdict.tag === 'proposals' ? verdict.val[0].maxUnits : undefined, free, `${before} bought before`);
  }
});

test('nobody collects nothing', () => {
  const [verdict] = rules.evaluate({ ...receipt, hasMember: false }, [offer], []);
  assert.equal(verdict.tag, 'declined-for');
});

test('the customer is told how many are missing', () => {
  const [verdict] = rules.evaluate(receipt, [offer], stamps(1n));
  assert.deepEqual([verdict.tag, verdict.val.item, ...verdict.val.values], ['declined-for', 0, 1n]);
});

test('a refill counts for nothing', () => {
  const refill = { need: 1, line: 0, value: { tag: 'text', val: 'true' } };
  const [verdict] = rules.evaluate(receipt, [offer], [...stamps(4n), refill]);
  assert.deepEqual(verdict, { tag: 'declined', val: 'below-threshold' });
});

test('an exception costs the offer that it is about, and says what and where', () => {
  const evaluate = (_, offers) =>
    offers.map(({ id }) => {
      if (id === 2) throw new TypeError('no such thing');
      return { tag: 'declined', val: 'not-applicable' };
    });
  const verdicts = catching({ evaluate }).evaluate(receipt, [{ id: 1 }, { id: 2 }], []);
  assert.deepEqual(verdicts.map(({ tag }) => tag), ['declined', 'failed']);
  assert.match(verdicts[1].val.message, /^TypeError: no such thing/);
  const [problem] = catching({ validate: () => JSON.parse('{') }).validate('{', offer);
  assert.match(problem.detail, /^SyntaxError/);
});

test('a counter that is none costs this offer only', () => {
  const [verdict] = rules.evaluate(receipt, [offer], stamps(-1n));
  assert.equal(verdict.val.code, 'bad_stamps');
});

test('a clock would stand still, and so would chance: both throw', () => {
  for (const read of [() => Date.now(), () => new Date(), () => Date(), () => Math.random(), () => performance.now()]) {
    assert.throws(read, /use the receipt's `time`/);
  }
  assert.equal(new Date(0).toISOString(), '1970-01-01T00:00:00.000Z');
});

test('a number that would not arrive as it is costs this offer, and says what to write', () => {
  const verdict = (proposal) => exact({ tag: 'proposals', val: [proposal] });
  const fraction = verdict({ benefit: { tag: 'percent', val: 12.5 } });
  assert.match(fraction.val.message, /^proposals\.0\.benefit\.val is 12\.5: write a whole number/);
  for (const proposal of [{ maxUnits: 1000 }, { benefit: { tag: 'amount', val: 500 } }]) {
    assert.match(verdict(proposal).val.message, /write a BigInt/);
  }
  assert.match(verdict({ cap: 2n ** 63n }).val.message, /^proposals\.0\.cap is 9223372036854775808: /);
  const sound = { tag: 'proposals', val: [{ item: 0, benefit: { tag: 'percent', val: 1250 }, maxUnits: 1000n, reason: 1 }] };
  assert.equal(exact(sound), sound);
});
