/**
 * Returns an item at an index that the caller knows to exist, such as the index of a loop.
 *
 * @throws RangeError if the list has no such index, which is a defect of the caller
 */
export function itemAt<Item>(list: ArrayLike<Item>, index: number): NonNullable<Item> {
  const item = list[index];
  if (item === undefined || item === null)
    throw new RangeError(`A list of ${list.length} items has no index ${index}.`);
  return item;
}

/**
 * Returns the value of a key that the caller knows to exist.
 *
 * @throws RangeError if the map has no such key, which is a defect of the caller
 */
export function valueAt<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key): Value {
  const value = map.get(key);
  if (value === undefined) throw new RangeError(`A map of size ${map.size} has no key ${String(key)}.`);
  return value;
}
