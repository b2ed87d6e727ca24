import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parse } from '../src/decimal.js';
import { rules } from '../src/rule.js';

test('decimals are read exactly', () => {
  for (const [text, exponent, steps] of [['10', 2, 1000n], ['0.1', 2, 10n], ['7.999', 2, 799n], ['5', 0, 5n]]) {
    assert.equal(parse(text, exponent), steps, text);
  }
});

test('sums of nothing are refused when the offer is written', () => {
  const problems = rules.validate(JSON.stringify({ brands: ['Nord'], spend: '0.00', get: '5' }));
  assert.deepEqual(problems.map(({ pointer, code }) => [pointer, code]), [['/spend', 'not_positive']]);
});
