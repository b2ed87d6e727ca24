import assert from 'node:assert/strict';
import { test } from 'node:test';

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
