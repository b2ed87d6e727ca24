// A mechanic has no clock and no chance: the moment of the purchase comes with the receipt. In a component those of
// JavaScript stand still, at the moment of the build and with the same random numbers at every receipt. Here they throw
// instead, also while the component is built. `new Date(value)` stays.

/** The sentence by which `offer-host mechanic check` knows that a component is guarded. */
const REFUSAL = "a mechanic has no clock and no chance: use the receipt's `time`";

/** @type {(name: string) => () => never} */
const refuse = (name) => () => {
  throw new Error(`${name}: ${REFUSAL}`);
};

/**
 * Replaces functions of a global object, if there are any.
 *
 * @type {(name: string, functions: string[]) => void}
 */
function guard(name, functions) {
  const object = /** @type {any} */ (globalThis)[name];
  for (const key of functions.filter((key) => typeof object?.[key] === 'function')) {
    Object.defineProperty(object, key, { value: refuse(`${name}.${key}()`), configurable: true, writable: true });
  }
}

guard('Math', ['random']);
guard('performance', ['now']);
guard('crypto', ['getRandomValues', 'randomUUID']);

globalThis.Date = new Proxy(Date, {
  construct: (date, values, of) => (values.length > 0 ? Reflect.construct(date, values, of) : refuse('new Date()')()),
  apply: refuse('Date()'),
  get: (date, key) => (key === 'now' ? refuse('Date.now()') : Reflect.get(date, key)),
});
Date.prototype.constructor = Date;
