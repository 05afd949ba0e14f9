import { parseArgs } from 'node:util';
import { benchUris, databasesLegend, startBench } from '../support/derailed';
import { table } from '../support/statistics';
import { type AlgebraRow, measureAlgebra } from './algebra';
import { startLoad } from './load';
import { measureReads, type ReadRow } from './reads';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    members: { type: 'string', default: '10,100000' },
    milliseconds: { type: 'string', default: '1000' },
  },
});
const MEMBERS = values.members.split(',').map(Number);

function readsTable(rows: readonly ReadRow[]): string {
  const lines = rows.map(({ database, members, parallel, warm, cold, bare, warmCommands, coldCommands }) => {
    const small = rows.find((row) => row.database === database && row.parallel === parallel)!;
    const numbers = [bare, warm, cold].map((rate) => rate.toFixed(0));
    return [
      `${database}, ${members} members, ${parallel} at a time`,
      ...numbers,
      ...[warm / bare, cold / bare, warm / small.warm, cold / small.cold, warmCommands, coldCommands].map((ratio) =>
        ratio.toFixed(2),
      ),
    ];
  });
  return [
    table(
      [
        'requests/s for a role list',
        'bare',
        'warm',
        'cold',
        'warm/bare',
        'cold/bare',
        'size warm',
        'size cold',
        'commands',
        'cold',
      ],
      lines,
    ),
    '',
    'bare: the same handler with neither authentication nor guards; cold: nothing is remembered, the session neither',
    'size: beside the guild with the fewest members; commands: of the database, for one request',
    'members: all but two of them are written in bulk and have no account',
    databasesLegend(),
  ].join('\n');
}

function algebraTable(rows: readonly AlgebraRow[]): string {
  const lines = rows.map(({ roles, overwrites, decide, published, explain }) => [
    `${roles} roles, ${overwrites} overwrites`,
    ...[decide, published, explain].map((time) => time.toFixed(2)),
    (decide / published).toFixed(2),
    (explain / decide).toFixed(2),
  ]);
  return table(['µs for a decision', 'decide', 'published', 'explain', 'decide/published', 'explain/decide'], lines);
}

async function main(): Promise<void> {
  const algebra = measureAlgebra();
  const reads: ReadRow[] = [];
  const load = startLoad();
  for (const uri of benchUris()) {
    const bench = await startBench(uri);
    for (const members of MEMBERS)
      reads.push(...(await measureReads(bench, load, members, Number(values.milliseconds))));
    await bench.stop();
  }
  load.stop();
  if (values.json) process.stdout.write(`${JSON.stringify({ benchmark: 'permissions', reads, algebra })}\n`);
  else
    process.stdout.write(
      `${readsTable(reads)}\n\n${algebraTable(algebra)}\n\npublished: the algorithm that Discord documents, which has no categories and no order among overwrites of roles\n`,
    );
}

void main();
