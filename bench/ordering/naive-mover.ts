import { type Connection, type Model, Schema } from 'mongoose';

interface Placed {
  readonly _id: bigint;
  readonly guild_id: bigint;
  readonly name: string;
  readonly position: number;
}

const schema = new Schema<Placed>(
  { _id: BigInt, guild_id: BigInt, name: String, position: Number },
  { versionKey: false, collection: 'walked' },
);
schema.index({ guild_id: 1 });

/** The first Derailed's way: each thing holds its own position, and moving one walks all of them and updates each. */
export class NaiveMover {
  private readonly placed: Model<Placed>;
  private next = 1n;

  constructor(connection: Connection) {
    this.placed = connection.model<Placed, Model<Placed>>('Walked', schema);
  }

  /** Makes so many things in a row, for a guild of their own. @returns the guild */
  async make(count: number): Promise<bigint> {
    await this.placed.init();
    const guildId = this.next;
    const all = Array.from({ length: count }, (_, index) => ({
      _id: guildId * 1_000n + BigInt(index),
      guild_id: guildId,
      name: `thing ${index}`,
      position: index + 1,
    }));
    this.next += 1n;
    await this.placed.collection.insertMany(all as never[]);
    return guildId;
  }

  /** Moves what stands at one position to another. */
  async move(guildId: bigint, from: number, to: number): Promise<void> {
    const all = (await this.placed.find({ guild_id: guildId }).lean<Placed[]>()).toSorted(
      (a, b) => a.position - b.position,
    );
    all.splice(to - 1, 0, ...all.splice(from - 1, 1));
    for (const [index, { _id }] of all.entries())
      await this.placed.updateOne({ _id }, { $set: { position: index + 1 } });
  }
}
