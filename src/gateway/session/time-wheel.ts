const SLOT_MS = 1_000;

/** Items with a due time, in slots of one second. Adding and removing cost the same, whatever the number of items. */
export class TimeWheel<Item> {
  private readonly slots = new Map<number, Set<Item>>();
  private readonly slotOfItem = new Map<Item, number>();
  // The last slot whose items were taken.
  private takenSlot: number;

  constructor(nowMs: number) {
    this.takenSlot = slotOf(nowMs);
  }

  /** Adds an item, or changes its due time. `takeDue` returns it once its due time, rounded down to a second, has come. */
  add(item: Item, dueMs: number): void {
    this.remove(item);
    const slot = Math.max(slotOf(dueMs), this.takenSlot);
    const items = this.slots.get(slot) ?? new Set<Item>();
    this.slots.set(slot, items.add(item));
    this.slotOfItem.set(item, slot);
  }

  /** Removes an item, if it is in. */
  remove(item: Item): void {
    const slot = this.slotOfItem.get(item);
    if (slot === undefined) return;
    this.slotOfItem.delete(item);
    const items = this.slots.get(slot);
    items?.delete(item);
    if (items?.size === 0) this.slots.delete(slot);
  }

  /** Removes and returns the due items. */
  takeDue(nowMs: number): Item[] {
    const now = slotOf(nowMs);
    const due: Item[] = [];
    for (let slot = this.takenSlot; slot <= now; slot += 1) due.push(...(this.slots.get(slot) ?? []));
    for (const item of due) this.remove(item);
    // Also backwards: a clock that was set back must not skip the slots between.
    this.takenSlot = now;
    return due;
  }
}

const slotOf = (ms: number): number => Math.floor(ms / SLOT_MS);
