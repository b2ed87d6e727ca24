// The JSON Schema (2020-12) of an offer's `params`: the host checks every offer against it, and the
// console makes a form of it. Decimals are strings, so that nothing is ever rounded.

const decimal = { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)?$' };

export const PARAMS_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'my-rule',
  type: 'object',
  required: ['items'],
  additionalProperties: false,
  properties: {
    reward: { const: 'discount' },
    id_space: { enum: ['external', 'internal'] },
    items: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['target', 'every', 'value'],
        additionalProperties: false,
        properties: {
          target_kind: { enum: ['product', 'category', 'group'] },
          target: { type: 'string', minLength: 1, title: 'Id of the product, category or group' },
          every: { type: 'integer', minimum: 1, title: 'Every which unit: 5 for every fifth' },
          method: { const: 'percent' },
          value: { ...decimal, title: 'Percent off; 100 is free' },
          min_units: decimal,
          min_sum: decimal,
          max_units: decimal,
          pick: { enum: ['first', 'cheapest', 'dearest'] },
          cap: decimal,
        },
      },
    },
  },
};
