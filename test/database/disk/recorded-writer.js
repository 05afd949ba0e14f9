'use strict';
// Runs a workload on the engine of dist/ and notes each request and acknowledgement in notes.log, beside the data folder.
// The preloaded library records the notes in order with the writes of the data file.
const { openSync, writeSync } = require('node:fs');
const { join } = require('node:path');

const [folder, steps] = [process.argv[2], Number(process.argv[3])];
const dist = join(__dirname, '../../../dist/database/embedded');
const { docOf } = require(join(dist, 'bson.js'));
const { Engine } = require(join(dist, 'engine.js'));
const { Storage } = require(join(dist, 'storage.js'));
const LONG_TEXT = 'x'.repeat(9_000);
/** As `itemOf` and `stepOf` of ledger.ts. */
const itemOf = (id, version) => ({
  version,
  name: `${id} ${version}`,
  tags: [id, -version],
  text: id % 3 === 0 ? LONG_TEXT : `${version}`,
});

async function main() {
  const notes = openSync(join(folder, 'notes.log'), 'a');
  const note = (kind, id, version) => writeSync(notes, `${kind} ${id} ${version}\n`);
  const engine = new Engine(await Storage.open(join(folder, 'data')));
  const run = async (command) => {
    const reply = await engine.answer({ body: docOf({ ...command, $db: 'derailed' }), sequences: new Map() });
    if (reply.ok !== 1 || reply.writeErrors) throw new Error(JSON.stringify(reply));
  };
  await run({
    createIndexes: 'items',
    indexes: [
      { key: { name: 1 }, name: 'name', unique: true },
      { key: { tags: 1 }, name: 'tags' },
    ],
  });
  const versions = new Map();
  const change = async (n) => {
    const id = (n * 7) % 15;
    const version = n % 5 === 4 ? 0 : (versions.get(id) ?? 0) + 1 + n;
    note('requested', id, version);
    if (version === 0) await run({ delete: 'items', deletes: [{ q: { _id: id }, limit: 1 }] });
    else await run({ update: 'items', updates: [{ q: { _id: id }, u: { $set: itemOf(id, version) }, upsert: true }] });
    versions.set(id, version);
    note('acknowledged', id, version);
  };
  // Several at once share a commit now and then.
  for (let n = 0; n < steps; n += 3) await Promise.all([n, n + 1, n + 2].slice(0, n % 2 ? 3 : 1).map(change));
  process.exit(0);
}

void main();
