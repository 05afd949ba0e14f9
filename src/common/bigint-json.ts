declare global {
  interface BigInt {
    toJSON(): string;
  }
}

/**
 * Serializes every bigint as a decimal string, over REST and the gateway: ids and permission sets exceed the precision
 * of a JSON number.
 *
 * @see https://developer.mozilla.org/docs/Web/JavaScript/Reference/Global_Objects/BigInt#use_within_json
 */
Object.defineProperty(BigInt.prototype, 'toJSON', {
  configurable: true,
  value(this: bigint): string {
    return this.toString();
  },
});

export {};
