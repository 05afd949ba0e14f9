import { parseArgs } from 'node:util';
import type { Connection } from 'mongoose';
import { CommandCounter, isWrite } from '../../src/database/command-counter';
import { Permission, union } from '../../src/permissions/compute-permissions';
import { AuthorityResolver } from '../../src/permissions/authority-resolver';
import { RolesService } from '../../src/roles/roles.service';
import { TracksService } from '../../src/tracks/tracks.service';
import { ask, type Bench, benchUris, databasesLegend, register, startBench } from '../support/derailed';
import { median, table } from '../support/statistics';
import { NaiveMover } from './naive-mover';

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, moves: { type: 'string', default: '41' } },
});
const MOVES = Number(values.moves);
const WARM_UP_MOVES = 200;
const SIZES = { roles: [10, 50, 200], tracks: [10, 100, 500] } as const;

type What = keyof typeof SIZES;

/** What one move costs, the median of several. */
interface Cost {
  readonly milliseconds: number;
  readonly commands: number;
  /** To what a guild is made of. */
  readonly writes: number;
  /** To its audit log. */
  readonly entries: number;
}

interface Row {
  readonly database: string;
  readonly what: What;
  readonly size: number;
  readonly move: Cost;
  readonly walk: Cost;
}

/** Moves something from the bottom to the top, and from the top to the bottom, in turns. */
type Mover = (isUp: boolean) => Promise<unknown>;

/** A guild with so many roles or tracks, and how somebody who doesn't own it moves one across all of them. */
async function moverIn(bench: Bench, what: What, size: number): Promise<Mover> {
  const [owner, mover] = [await register(bench), await register(bench)];
  const guild = await ask<{ id: string }>(bench, owner.token, 'POST', '/guilds', { name: 'Ordering' });
  const tracks = await ask<{ id: string }[]>(bench, owner.token, 'GET', `/guilds/${guild.id}/tracks`);
  const { code } = await ask<{ code: string }>(bench, owner.token, 'POST', `/tracks/${tracks[1]!.id}/invites`, {});
  await ask(bench, mover.token, 'POST', `/invites/${code}`);
  const ids: bigint[] = [];
  // Those that are there from the start count: @everyone and the mover's own role can't move, the category and the track can.
  const [there, body] = what === 'roles' ? [2, { allow: String(Permission.CreateMessage) }] : [tracks.length, {}];
  for (let created = there; created < size; created += 1)
    ids.push(
      BigInt(
        (
          await ask<{ id: string }>(bench, owner.token, 'POST', `/guilds/${guild.id}/${what}`, {
            name: `${what} ${created}`,
            ...body,
          })
        ).id,
      ),
    );
  const allow = String(union(Permission.ManageRoles, Permission.ModifyTrack));
  const top = await ask<{ id: string }>(bench, owner.token, 'POST', `/guilds/${guild.id}/roles`, {
    name: 'mover',
    allow,
    position: what === 'roles' ? size : 2,
  });
  await ask(bench, owner.token, 'PUT', `/guilds/${guild.id}/members/${mover.id}/roles/${top.id}`);

  const authority = await bench.app.get(AuthorityResolver).resolveInGuild(BigInt(mover.id), BigInt(guild.id));
  const id = ids[0]!;
  if (what === 'roles')
    return (isUp) => bench.app.get(RolesService).move(authority, [{ id, position: isUp ? size - 1 : 2 }], {});
  return (isUp) => bench.app.get(TracksService).move(authority, [{ id, position: isUp ? size - 1 : 1 }], {});
}

async function costsOf(counter: CommandCounter, movers: readonly Mover[]): Promise<Cost[]> {
  const taken = movers.map(() => [] as Cost[]);
  for (let move = 0; move < MOVES; move += 1) {
    for (const [index, mover] of movers.entries()) {
      let [commands, writes, entries] = [0, 0, 0];
      const stop = counter.listen((command) => {
        commands += 1;
        if (!isWrite(command)) return;
        if (command.collection === 'audit_entries') entries += 1;
        else writes += 1;
      });
      const start = performance.now();
      await mover(move % 2 === 0);
      const milliseconds = performance.now() - start;
      stop();
      taken[index]?.push({ milliseconds, commands, writes, entries });
    }
  }
  const middle = (costs: readonly Cost[], of: (cost: Cost) => number): number => median(costs.map(of));
  return taken.map((costs) => ({
    milliseconds: middle(costs, (cost) => cost.milliseconds),
    commands: middle(costs, (cost) => cost.commands),
    writes: middle(costs, (cost) => cost.writes),
    entries: middle(costs, (cost) => cost.entries),
  }));
}

async function measure(bench: Bench): Promise<Row[]> {
  const counter = bench.app.get(CommandCounter);
  const walk = new NaiveMover(bench.app.get<Connection>('DatabaseConnection'));
  const movers: { what: What; size: number; move: Mover; walk: Mover }[] = [];
  for (const what of ['roles', 'tracks'] as const) {
    for (const size of SIZES[what]) {
      const guildId = await walk.make(size);
      movers.push({
        what,
        size,
        move: await moverIn(bench, what, size),
        walk: (isUp) => (isUp ? walk.move(guildId, 2, size) : walk.move(guildId, size, 2)),
      });
    }
  }
  // Nothing is measured before the code that all share is compiled.
  for (let move = 0; move < WARM_UP_MOVES; move += 1) for (const mover of movers) await mover.move(move % 2 === 0);
  // All sizes by turns, so that what gets faster by running does so for each of them.
  const moved = await costsOf(
    counter,
    movers.map(({ move }) => move),
  );
  const walked = await costsOf(
    counter,
    movers.map((each) => each.walk),
  );
  return movers.map(({ what, size }, index) => ({
    database: bench.database,
    what,
    size,
    move: moved[index]!,
    walk: walked[index]!,
  }));
}

function print(rows: readonly Row[]): string {
  const lines = rows.map(({ database, what, size, move, walk }) => {
    const smallest = rows.find((row) => row.database === database && row.what === what)!;
    const ratios = [
      walk.writes / move.writes,
      walk.commands / move.commands,
      walk.milliseconds / move.milliseconds,
      move.milliseconds / smallest.move.milliseconds,
    ];
    return [
      `${database}, ${size} ${what}`,
      move.milliseconds.toFixed(2),
      `${move.commands}`,
      `${move.writes}`,
      `${move.entries}`,
      walk.milliseconds.toFixed(2),
      `${walk.commands}`,
      `${walk.writes}`,
      ...ratios.map((ratio) => ratio.toFixed(2)),
    ];
  });
  return [
    table(
      [
        'move one across all',
        'ms',
        'commands',
        'writes',
        'entries',
        'walk ms',
        'commands',
        'writes',
        'writes×',
        'commands×',
        'time×',
        'size×',
      ],
      lines,
    ),
    '',
    'walk: the first Derailed’s way, which walks all and updates each, with no check of permissions and no event',
    'entries: what is written of it to the audit log, which decides nothing',
    'writes×, commands×, time×: how much more walking takes; size×: how much longer a move takes than in the smallest guild',
    databasesLegend(),
  ].join('\n');
}

async function main(): Promise<void> {
  const rows: Row[] = [];
  for (const uri of benchUris()) {
    const bench = await startBench(uri);
    rows.push(...(await measure(bench)));
    await bench.stop();
  }
  process.stdout.write(values.json ? `${JSON.stringify({ benchmark: 'ordering', rows })}\n` : `${print(rows)}\n`);
}

void main();
