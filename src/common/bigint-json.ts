declare global {
  interface BigInt {
    toJSON(): string;
  }
}

/**
 * Writes a bigint as a decimal string wherever JSON is made, REST and gateway alike: ids and permission sets are
 * beyond what a JSON number can carry.
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
