import { parseArgs } from 'node:util';
import { startEmbeddedDatabase } from '../../src/database/embedded/embedded-database';
import { bareLmdb } from './bare-lmdb';
import { type Memory, memory, memoryOnceOpened } from './memory';
import { OPERATIONS, rateOf } from './operations';
import { stock, type Stocked, temporaryFolder } from './world';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    small: { type: 'string', default: '1000' },
    large: { type: 'string', default: '1000000' },
    milliseconds: { type: 'string', default: '1500' },
  },
});
const SMALL = Number(values.small);
const LARGE = Number(values.large);
const MILLISECONDS = Number(values.milliseconds);
const PARALLEL = [1, 32];

/** One row: operations in a second, and what they come to. */
interface Row {
  readonly operation: string;
  readonly parallel: number;
  readonly small: number;
  readonly large: number;
  readonly other: number | undefined;
  readonly bare: number;
}

/** A stocked database in a folder, which stays when the database is closed. */
interface Embedded extends Stocked {
  readonly folder: ReturnType<typeof temporaryFolder>;
}

async function embedded(size: number): Promise<Embedded> {
  const folder = temporaryFolder();
  const database = await startEmbeddedDatabase({ dataDir: folder.path });
  const stocked = await stock(database.uri, size);
  const close = async (): Promise<void> => {
    await stocked.close();
    await database.stop();
  };
  return { ...stocked, folder, close };
}

/** What it takes to open a folder with documents beyond what it takes to open an empty one. */
function memoryOfOpening(folder: string): Memory {
  const empty = temporaryFolder();
  const [without, having] = [empty.path, folder].map(memoryOnceOpened) as [Memory, Memory];
  empty.remove();
  return { own: having.own - without.own, withFiles: having.withFiles - without.withFiles };
}

const ROUNDS = 3;
const WARM_UP_MS = 300;

/** The middle one of several rates, measured by turns with the others, so that what else the machine does meets all of them. */
async function compare(runs: readonly ((milliseconds: number) => Promise<number>)[]): Promise<number[]> {
  const rates: number[][] = runs.map(() => []);
  for (const run of runs) await run(WARM_UP_MS);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, run] of runs.entries()) rates[index]?.push(await run(MILLISECONDS / ROUNDS));
  }
  return rates.map((each) => each.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] as number);
}

async function measure(small: Stocked, large: Stocked, other: Stocked | undefined): Promise<Row[]> {
  const bare = bareLmdb(SMALL);
  const rows: Row[] = [];
  const all = [small, large, ...(other ? [other] : [])];
  // The code that all of them share gets compiled before the first of them is measured.
  for (const { run } of OPERATIONS)
    for (const stocked of all) await rateOf((n) => run(stocked, n), stocked.size, 1, WARM_UP_MS);
  for (const { name, run } of OPERATIONS) {
    for (const parallel of PARALLEL) {
      const through = (stocked: Stocked) => (milliseconds: number) =>
        rateOf((n) => run(stocked, n), stocked.size, parallel, milliseconds);
      const alone = (milliseconds: number): Promise<number> =>
        rateOf(bare.operations[name] as (n: number) => Promise<unknown>, SMALL, parallel, milliseconds);
      const [ofBare, ofSmall, ofLarge, ofOther] = await compare([
        alone,
        through(small),
        through(large),
        ...(other ? [through(other)] : []),
      ]);
      rows.push({
        operation: name,
        parallel,
        small: ofSmall as number,
        large: ofLarge as number,
        other: ofOther,
        bare: ofBare as number,
      });
    }
  }
  await bare.close();
  return rows;
}

function table(rows: readonly Row[]): string {
  const number = (value: number | undefined): string =>
    (value === undefined ? '-' : Math.round(value).toString()).padStart(9);
  const ratio = (value: number | undefined): string => (value === undefined ? '-' : value.toFixed(2)).padStart(9);
  const header = `${'operations/s'.padEnd(34)}${[SMALL, LARGE].map((size) => String(size).padStart(9)).join('')}    other     bare  time×    other×    bare×`;
  const lines = rows.map(({ operation, parallel, small, large, other, bare }) =>
    [
      `${operation}, ${parallel} at a time`.padEnd(34),
      number(small),
      number(large),
      number(other),
      number(bare),
      ratio(small / large),
      ratio(other && small / other),
      ratio(bare / small),
    ].join(''),
  );
  const legend = [
    `time×: what an operation takes with ${LARGE} documents, as a multiple of that with ${SMALL}`,
    'other×: how much faster than the MongoDB that BENCH_URI names, which has as many documents as the smaller',
    'bare×: how much faster LMDB alone is, without a server, driver, or Mongoose, and with no indexes to plan',
  ];
  return [header, ...lines, '', ...legend].join('\n');
}

async function main(): Promise<void> {
  const small = await embedded(SMALL);
  const large = await embedded(LARGE);
  const other = process.env.BENCH_URI ? await stock(process.env.BENCH_URI, SMALL) : undefined;
  const rows = await measure(small, large, other);
  const afterWork = memory();
  await Promise.all([small.close(), large.close(), other?.close()]);
  const opening = memoryOfOpening(large.folder.path);
  for (const { folder } of [small, large]) folder.remove();
  if (values.json)
    process.stdout.write(
      `${JSON.stringify({ benchmark: 'database', small: SMALL, large: LARGE, rows, memoryMiB: { opening, afterWork } })}\n`,
    );
  else process.stdout.write(`${table(rows)}\n\n${memoryLines(opening, afterWork).join('\n')}\n`);
}

const memoryLines = (opening: Memory, afterWork: Memory): string[] => [
  `memory once a folder with ${LARGE} documents is opened, beyond an empty one: ${opening.withFiles} MiB resident`,
  `memory of this process after all the work, client and databases together: ${afterWork.own} MiB of its own`,
  `the same with the mapped pages of the files, which the kernel takes back when it needs them: ${afterWork.withFiles} MiB`,
];

void main();
