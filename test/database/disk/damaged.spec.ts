import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Storage } from '../../../src/database/embedded/storage';
import { engineWorld } from '../engine-world';
import { treeRange } from '../../../src/database/embedded/catalog';

/** The number of bits to flip at random places; set by `FLIPS`. */
const FLIPS = Number(process.env['FLIPS'] ?? 25);
const DOCUMENTS = 200;
const META_PAGES = 2 * 4_096;

type Flip = readonly [position: number, bit: number];

/** How many searches were `right`, found `another` document or found one `missing`, and how many ended with an error, by its text. */
type Outcomes = Readonly<Record<string, number>>;

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'derailed-damage-'));
  file = join(folder, 'derailed.mdb');
  read([]);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function read(flips: readonly Flip[]): { readonly seen?: Outcomes; readonly position: number }[] {
  const { stdout } = spawnSync(
    process.execPath,
    [join(__dirname, 'damaged-reader.js'), folder, String(DOCUMENTS), JSON.stringify(flips)],
    { encoding: 'utf8', maxBuffer: 1e9 },
  );
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { position: number });
}

/** What searches find with each bit flipped. A flip that crashes the process has no outcome. */
function outcomesOf(flips: readonly Flip[]): { readonly position: number; readonly seen: Outcomes }[] {
  const original = readFileSync(file);
  const all: { position: number; seen: Outcomes }[] = [];
  for (let rest = flips; rest.length > 0;) {
    const lines = read(rest);
    for (const { position, seen } of lines) if (seen) all.push({ position, seen });
    rest = rest.slice(Math.max(1, lines.filter(({ seen }) => seen === undefined).length));
    writeFileSync(file, original);
  }
  return all;
}

const errorsIn = (seen: Outcomes): string[] =>
  Object.keys(seen).filter((kind) => !['right', 'another', 'missing'].includes(kind));

describe('a flipped bit', () => {
  it('in a document or in an index key is an error that names the collection', () => {
    const bytes = readFileSync(file);
    const flips: Flip[] = [];
    const text = `name ${7 * 7_919}\0`;
    for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + 1))
      for (let offset = 0; offset < text.length; offset += 3) flips.push([at + offset, offset % 8]);
    expect(flips.length).toBeGreaterThanOrEqual(8);
    const outcomes = outcomesOf(flips);
    expect(outcomes).toHaveLength(flips.length);
    for (const { seen } of outcomes) {
      expect({ another: seen['another'], missing: seen['missing'] }).toEqual({
        another: undefined,
        missing: undefined,
      });
      for (const error of errorsIn(seen)) expect(error).toMatch(/An entry of .*derailed\.items is damaged/);
    }
    expect(outcomes.some(({ seen }) => errorsIn(seen).length > 0)).toBe(true);
  });

  it('never leads to another document', () => {
    const { length } = readFileSync(file);
    const flips = Array.from({ length: FLIPS }, (): Flip => [
      META_PAGES + Math.floor(Math.random() * (length - META_PAGES)),
      Math.floor(Math.random() * 8),
    ]);
    const outcomes = outcomesOf(flips);
    const count = (test: (seen: Outcomes) => boolean): number => outcomes.filter(({ seen }) => test(seen)).length;
    const missing = count((seen) => seen['missing'] !== undefined && errorsIn(seen).length === 0);
    process.stdout.write(
      `${FLIPS} flipped bits: ${count((seen) => errorsIn(seen).length > 0)} errors, ${FLIPS - outcomes.length} crashes, ${missing} silently missing\n`,
    );
    expect(outcomes.filter(({ seen }) => seen['another'] !== undefined)).toEqual([]);
  });
});

describe('an index entry', () => {
  it('that leads to another document is an error that names the index', async () => {
    const { db, engine, close } = await engineWorld();
    const notes = db.collection<{ _id: number; name: string }>('notes');
    await notes.createIndex({ name: 1 }, { unique: true });
    await notes.insertMany([
      { _id: 1, name: 'one' },
      { _id: 2, name: 'two' },
    ]);
    const index = engine.catalog.find('test.notes')?.indexes[0] as { id: number };
    const storage: Storage = engine.storage;
    const [one, two] = [...storage.scan(treeRange(index.id))] as [
      { key: Buffer; value: Buffer },
      { key: Buffer; value: Buffer },
    ];
    storage.transaction(() => storage.put(one.key, two.value));
    await expect(notes.findOne({ name: 'one' })).rejects.toMatchObject({
      codeName: 'DataCorruptionDetected',
      message: expect.stringContaining('the index name_1 of test.notes'),
    });
    expect(await notes.findOne({ name: 'two' })).toMatchObject({ _id: 2 });
    await close();
  });
});
