'use strict';
// Flips one bit of a data file at each of some positions in turn, and prints what every document is found as: by `_id`, by an index, by a scan.
// A process of its own, because LMDB may crash on a damaged page.
const { readFileSync, writeFileSync, writeSync } = require('node:fs');
const { join } = require('node:path');

const dist = join(__dirname, '../../../dist/database/embedded');
const { docOf, encode } = require(join(dist, 'bson.js'));
const { Engine } = require(join(dist, 'engine.js'));
const { Storage } = require(join(dist, 'storage.js'));

const [folder, count] = [process.argv[2], Number(process.argv[3])];
const flips = JSON.parse(process.argv[4]);
const file = join(folder, 'derailed.mdb');
const print = (line) => writeSync(1, `${JSON.stringify(line)}\n`);

async function find(engine, command) {
  const reply = await engine.answer({
    body: docOf({ find: 'items', batchSize: 10_000, ...command, $db: 'derailed' }),
    sequences: new Map(),
  });
  return reply.ok === 1 ? reply.cursor.firstBatch.map(({ bytes }) => bytes.toString('hex')) : reply.errmsg;
}

/** Outcomes by kind: `right`, `another`, `missing`, or the texts of errors. */
async function outcomes() {
  const seen = {};
  const take = (found, expected) => {
    const wrong = Array.isArray(found) && found.some((each) => !expected.includes(each)) ? 'another' : 'missing';
    const kind = !Array.isArray(found) ? found : found.join() === expected.join() ? 'right' : wrong;
    seen[kind] = (seen[kind] ?? 0) + 1;
  };
  const storage = await Storage.open(folder);
  try {
    const engine = new Engine(storage);
    const all = Array.from({ length: count }, (_, n) => encode(documentOf(n)).toString('hex'));
    for (let n = 0; n < count; n += 1) {
      take(await find(engine, { filter: { _id: n } }), [all[n]]);
      take(await find(engine, { filter: { name: documentOf(n).name } }), [all[n]]);
    }
    for (let group = 0; group < 10; group += 1)
      take(
        await find(engine, { filter: { group }, sort: { _id: 1 } }),
        all.filter((_, n) => n % 10 === group),
      );
    take(await find(engine, { filter: {} }), all);
  } finally {
    await storage.close();
  }
  return seen;
}

const documentOf = (n) => ({
  _id: n,
  group: n % 10,
  name: `name ${n * 7919}`,
  text: 'text '.repeat(n % 40 === 0 ? 2_000 : n % 17),
});

async function main() {
  const original = flips.length === 0 ? undefined : readFileSync(file);
  if (flips.length === 0) {
    const storage = await Storage.open(folder);
    const engine = new Engine(storage);
    const run = (command) => engine.answer({ body: docOf({ ...command, $db: 'derailed' }), sequences: new Map() });
    await run({
      createIndexes: 'items',
      indexes: [
        { key: { name: 1 }, name: 'name', unique: true },
        { key: { group: 1, _id: 1 }, name: 'group' },
      ],
    });
    await run({ insert: 'items', documents: Array.from({ length: count }, (_, n) => documentOf(n)) });
    await storage.close();
  }
  for (const [position, bit] of flips) {
    const damaged = Buffer.from(original);
    damaged[position] ^= 1 << bit;
    writeFileSync(file, damaged);
    print({ position });
    print({ position, seen: await outcomes().catch((error) => ({ [error.message]: 1 })) });
  }
  process.exit(0);
}

void main();
