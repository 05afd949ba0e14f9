import { messageAt, type Stocked } from './world';

/** One thing that the application does all the time, on a message picked at random. */
export interface Operation {
  readonly name: string;
  readonly writes: boolean;
  readonly run: (stocked: Stocked, n: number) => Promise<unknown>;
}

let inserted = 0;

/** How many messages a page has. */
const PAGE = 50;

export const OPERATIONS: readonly Operation[] = [
  {
    name: 'findOne by _id',
    writes: false,
    run: ({ messages }, n) => messages.findOne({ _id: messageAt(n)._id }).lean(),
  },
  {
    name: 'findOne by unique index',
    writes: false,
    run: ({ messages }, n) => messages.findOne({ nonce: messageAt(n).nonce }).lean(),
  },
  {
    name: `page of ${PAGE} messages`,
    writes: false,
    run: ({ messages, size }, n) => {
      // From the later half, so that every page is full.
      const { track_id, _id } = messageAt(Math.floor((size + n) / 2));
      return messages
        .find({ track_id, _id: { $lte: _id } })
        .sort({ _id: -1 })
        .limit(PAGE)
        .lean();
    },
  },
  { name: 'insert', writes: true, run: ({ messages, size }) => messages.create(messageAt(size + inserted++)) },
  {
    name: 'conditional update',
    writes: true,
    run: ({ messages }, n) =>
      messages.updateOne({ _id: messageAt(n)._id, version: { $gte: 1 } }, { $inc: { version: 1 } }),
  },
];

/**
 * Does something again and again.
 *
 * @param parallel how many are under way at any time
 * @returns operations in a second
 */
export async function rateOf(
  run: (n: number) => Promise<unknown>,
  size: number,
  parallel: number,
  milliseconds: number,
): Promise<number> {
  const start = performance.now();
  let done = 0;
  const again = async (): Promise<void> => {
    while (performance.now() - start < milliseconds) {
      await run(Math.floor(Math.random() * size));
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: parallel }, again));
  return done / ((performance.now() - start) / 1_000);
}
