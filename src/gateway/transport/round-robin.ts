/** Does one piece of what somebody has to do, and tells whether there is another. */
type TakeTurn = () => boolean;

/** Lets all who have something to do take turns: each does one piece in a turn of the event loop. */
export class RoundRobin {
  private readonly waiting: TakeTurn[] = [];
  private isUnderWay = false;

  /** @param most how many come in one turn of the event loop; the others wait for the next */
  constructor(private readonly most = Infinity) {}

  /** Lets somebody take turns from the coming one on, until nothing is left for them to do. */
  add(takeTurn: TakeTurn): void {
    this.waiting.push(takeTurn);
    if (!this.isUnderWay) setImmediate(() => this.pass());
    this.isUnderWay = true;
  }

  private pass(): void {
    for (const takeTurn of this.waiting.splice(0, this.most)) if (takeTurn()) this.waiting.push(takeTurn);
    this.isUnderWay = this.waiting.length > 0;
    if (this.isUnderWay) setImmediate(() => this.pass());
  }
}
