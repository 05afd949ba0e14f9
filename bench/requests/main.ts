import { parseArgs } from 'node:util';
import { temporaryFolder } from '../database/world';
import { table } from '../support/statistics';
import { measureFairness } from './fairness';
import { fullGuild } from './guild';
import { measureRoutes, type RouteCost } from './routes';
import { startServer } from './server';

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, repeat: { type: 'string', default: '10' } },
});

function costTable(rows: readonly RouteCost[]): string {
  const ms = (value: number): string => (Number.isNaN(value) ? '-' : value.toFixed(2));
  const lines = rows.map(({ route, anonymous, rejected, valid, bytes, weight }) => [
    route,
    ms(anonymous.cpuMs),
    anonymous.name,
    ms(rejected.cpuMs),
    rejected.name,
    ms(valid),
    String(bytes),
    String(weight),
    ms(valid / weight),
  ]);
  return table(
    ['CPU ms per request', 'no token', 'worst', 'token', 'worst', 'valid', 'bytes', 'weight', 'valid/weight'],
    lines,
  );
}

async function main(): Promise<void> {
  const folder = temporaryFolder();
  const unlimited = await startServer({ DATA_DIR: folder.path });
  const guild = await fullGuild(unlimited);
  const routes = await measureRoutes(unlimited, guild, Number(values.repeat));
  await unlimited.stop();
  const limited = await startServer({ DATA_DIR: folder.path, RATE_LIMITS: 'on' });
  const fairness = await measureFairness(limited, guild);
  await limited.stop();
  folder.remove();
  if (values.json) return void process.stdout.write(`${JSON.stringify({ benchmark: 'requests', routes, fairness })}\n`);
  process.stdout.write(
    `${costTable(routes)}\n\n${fairness.map(({ name, quietMs, busyMs }) => `${name}: another user's median read ${quietMs.toFixed(2)} ms quiet, ${busyMs.toFixed(2)} ms busy, ratio ${(busyMs / quietMs).toFixed(2)}`).join('\n')}\n`,
  );
}

void main();
