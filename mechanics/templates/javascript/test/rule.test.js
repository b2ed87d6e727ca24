import assert from 'node:assert/strict';
import { test } from 'node:test';

import { exact } from '../src/exact.js';
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
  assert.deepEqual(verdict, { tag: 'declined', val: 'not-applicable' });
});

test('a counter that is none costs this offer only', () => {
  const [verdict] = rules.evaluate(receipt, [offer], stamps(-1n));
  assert.equal(verdict.val.code, 'bad_stamps');
});

test('a number that would not arrive as it is costs this offer, and says what to write', () => {
  const verdict = (proposal) => exact({ tag: 'proposals', val: [proposal] });
  const fraction = verdict({ benefit: { tag: 'percent', val: 12.5 } });
  assert.match(fraction.val.detail, /^proposals\.0\.benefit\.val is 12\.5: write a whole number/);
  for (const proposal of [{ maxUnits: 1000 }, { benefit: { tag: 'amount', val: 500 } }]) {
    assert.match(verdict(proposal).val.detail, /write a BigInt/);
  }
  const sound = { tag: 'proposals', val: [{ item: 0, benefit: { tag: 'percent', val: 1250 }, maxUnits: 1000n, reason: 1 }] };
  assert.equal(exact(sound), sound);
});
