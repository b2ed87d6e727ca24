// The JSON Schema (2020-12) of an offer's `params`.

const decimal = { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)?$' };

export const PARAMS_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Spend and get',
  type: 'object',
  required: ['brands', 'spend', 'get'],
  additionalProperties: false,
  properties: {
    brands: {
      type: 'array',
      title: 'Brands, as products have them in their attribute `brand`',
      minItems: 1,
      items: { type: 'string', minLength: 1 },
    },
    spend: { ...decimal, title: 'For every so much spent on them' },
    get: { ...decimal, title: 'So much back' },
    times: { type: 'integer', minimum: 1, default: 1, title: 'At most so many times on one receipt' },
    reward: { enum: ['discount', 'points'], default: 'discount', title: 'As' },
  },
};
