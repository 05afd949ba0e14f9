/** Somebody who has something to do, a piece in each turn. */
export interface TurnTaker {
  /** Does one piece, and tells whether there is another. */
  takeTurn(): boolean;
}

/** Lets all who have something to do take turns: each does one piece in a turn of the event loop. */
export class Turns {
  private readonly waiting: TurnTaker[] = [];
  private isUnderWay = false;

  /** @param most how many come in one turn of the event loop; the others wait for the next */
  constructor(private readonly most = Infinity) {}

  /** Lets somebody take turns from the coming one on, until nothing is left for them to do. */
  add(taker: TurnTaker): void {
    this.waiting.push(taker);
    if (!this.isUnderWay) setImmediate(() => this.pass());
    this.isUnderWay = true;
  }

  private pass(): void {
    for (const taker of this.waiting.splice(0, this.most)) if (taker.takeTurn()) this.waiting.push(taker);
    this.isUnderWay = this.waiting.length > 0;
    if (this.isUnderWay) setImmediate(() => this.pass());
  }
}
