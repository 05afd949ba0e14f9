import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { groupBy } from '../src/common/group-by';
import { Permission } from '../src/permissions/compute-permissions';
import { moveRoles, placeRole, removeRole, type RoleOrder } from '../src/roles/role-order';
import { moveTracks, placeTrack, removeTrack, type MoveContext, type TrackLayout } from '../src/tracks/track-order';
import { type Answer, of } from './support/answer';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

// Fifty clients send hundreds of requests, and all of them are replayed.
jest.setTimeout(240_000);

/*
 * Fifty people change one order at once. A change is answered with the version that it created, or, if it has no effect, with the version that it
 * found. In the order of the versions, the pure functions have to explain each answer from the one before, and no version may be missing.
 */

const CLIENTS = 50;
const EACH = 4;
const RUNS = Number(process.env['CONCURRENT_RUNS'] ?? 2);

interface Change {
  readonly kind: 'move' | 'make' | 'delete';
  readonly picks: readonly number[];
  readonly places: readonly number[];
}

const changes = fc.array(
  fc.record({
    kind: fc.constantFrom<Change['kind']>('move', 'move', 'move', 'move', 'make', 'make', 'delete'),
    picks: fc.uniqueArray(fc.nat(19), { minLength: 1, maxLength: 2 }),
    places: fc.uniqueArray(fc.nat(13), { minLength: 3, maxLength: 3 }),
  }),
  { minLength: CLIENTS * EACH, maxLength: CLIENTS * EACH },
);

/** A change that was made. */
interface Made<Order> {
  readonly version: number;
  readonly apply: (order: Order) => Order;
  /** Holds what was answered against the order right after it. */
  readonly check: (order: Order) => void;
}

const versionOf = ({ headers }: Answer): number => Number(/^"(\d+)"$/.exec(headers['etag'] ?? '')?.[1]);

/** Everybody makes their changes one after the other, and all at once. */
async function makeAll<Order>(
  people: readonly Person[],
  list: readonly Change[],
  make: (who: Person, change: Change) => Promise<Made<Order> | undefined>,
): Promise<Made<Order>[]> {
  const created = await Promise.all(
    people.map(async (person, index) => {
      const own: (Made<Order> | undefined)[] = [];
      for (const change of list.slice(index * EACH, (index + 1) * EACH)) own.push(await make(person, change));
      return own;
    }),
  );
  return created
    .flat()
    .filter((each) => each !== undefined)
    .toSorted((a, b) => a.version - b.version);
}

/** Whether a change explains a version: it changed the order, and the others that were answered with this version had no effect. */
function explains<Order>(change: Made<Order>, others: readonly Made<Order>[], order: Order): Order | undefined {
  const next = change.apply(order);
  if (isDeepStrictEqual(next, order)) return undefined;
  try {
    change.check(next);
    for (const other of others) {
      expect(other.apply(next)).toEqual(next);
      other.check(next);
    }
    return next;
  } catch {
    return undefined;
  }
}

/** Repeats the changes in the order of their versions. A change without effect is answered with the version that it found. */
function replay<Order>(
  start: Order,
  startVersion: number,
  created: readonly Made<Order>[],
): { order: Order; version: number } {
  const byVersion = groupBy(created, ({ version }) => version);
  for (const { apply, check } of byVersion.get(startVersion) ?? []) {
    expect(apply(start)).toEqual(start);
    check(start);
  }
  const versions = [...byVersion.keys()].filter((version) => version > startVersion).sort((a, b) => a - b);
  expect(versions).toEqual(versions.map((_, index) => startVersion + 1 + index));
  let order = start;
  for (const version of versions) {
    const changes = byVersion.get(version) ?? [];
    const next = changes
      .map((change) =>
        explains(
          change,
          changes.filter((other) => other !== change),
          order,
        ),
      )
      .find((each) => each !== undefined);
    expect({ version, isExplained: next !== undefined }).toEqual({ version, isExplained: true });
    order = next ?? order;
  }
  return { order, version: versions.at(-1) ?? startVersion };
}

describe('fifty concurrent clients', () => {
  let world: World;
  let people: Person[];
  beforeAll(async () => {
    world = await World.start();
    people = await Promise.all(Array.from({ length: CLIENTS }, () => world.person('mover')));
  });
  afterAll(() => world.stop());

  const chiefs = async (roles: Record<string, object> = {}): Promise<GuildWorld> => {
    const guild = await world.guild({ roles: { ...roles, chief: { allow: Permission.Administrator } } });
    for (const person of people) {
      await person.post(`/invites/${guild.invite}`);
      expect(
        (await guild.owner.put(`/guilds/${guild.id}/members/${person.id}/roles/${guild.roles['chief']}`)).status,
      ).toBe(200);
    }
    return guild;
  };

  it('change the order of roles as if they ran one after another', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(changes, async (list) => {
        const guild = await chiefs(Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`r${index}`, {}])));
        const path = `/guilds/${guild.id}/roles`;
        const before = await guild.owner.get(path);
        const start = of<{ id: string }[]>(before.body).map(({ id }) => BigInt(id));
        const existing = start.slice(1, -1);

        const created = await makeAll<RoleOrder>(people, list, async (who, { kind, picks, places }) => {
          const ids = [...new Set(picks.map((pick) => existing[pick % existing.length]!))];
          if (kind === 'make') {
            const answer = await who.post(path, { name: 'new', position: places[0]! + 2 });
            if (answer.status !== 201) return undefined;
            const { id, position } = of<{ id: string; position: number }>(answer.body);
            existing.push(BigInt(id));
            return {
              version: versionOf(answer),
              apply: (order) => placeRole(order, BigInt(id), places[0]! + 2),
              check: (order) => expect(order[position - 1]).toBe(BigInt(id)),
            };
          }
          if (kind === 'delete') {
            const answer = await who.delete(`${path}/${ids[0]}`);
            return answer.status === 204
              ? { version: versionOf(answer), apply: (order) => removeRole(order, ids[0]!), check: () => undefined }
              : undefined;
          }
          const moves = ids.map((id, index) => ({ id, position: places[index]! + 2 }));
          const answer = await who.patch(
            path,
            moves.map(({ id, position }) => ({ id: String(id), position })),
          );
          if (answer.status !== 200) return undefined;
          const answered = of<{ id: string; position: number }[]>(answer.body);
          expect(answered.map(({ position }) => position)).toEqual(answered.map((_, index) => index + 1));
          return {
            version: versionOf(answer),
            apply: (order) => moveRoles(order, moves),
            check: (order) => expect(order).toEqual(answered.map(({ id }) => BigInt(id))),
          };
        });

        const after = await guild.owner.get(path);
        const replayed = replay<RoleOrder>(start, versionOf(before), created);
        expect(versionOf(after)).toBe(replayed.version);
        expect(of<{ id: string }[]>(after.body).map(({ id }) => BigInt(id))).toEqual(replayed.order);
        count += created.length;
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    process.stdout.write(`concurrent role changes: ${count} of ${RUNS * CLIENTS * EACH} made, each explained\n`);
    expect(count).toBeGreaterThan((RUNS * CLIENTS) / 2);
  });

  it('change the order of tracks as if they ran one after another', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(changes, async (list) => {
        const guild = await chiefs();
        const path = `/guilds/${guild.id}/tracks`;
        const categories = new Set([BigInt(guild.category)]);
        for (const [index, type] of ['category', 'text', 'text', 'category', 'text', 'text', 'text'].entries()) {
          const { id } = of<{ id: string }>((await guild.owner.post(path, { name: `t${index}`, type })).body);
          if (type === 'category') categories.add(BigInt(id));
        }
        const kindsIn = (seen: TrackLayout): MoveContext => ({ isCategory: (id) => categories.has(id), seen });
        const before = await guild.owner.get(path);
        const start = layoutOf(before);
        const existing = start.map(({ id }) => id);

        const created = await makeAll<TrackLayout>(people, list, async (who, { kind, picks, places }) => {
          const ids = [...new Set(picks.map((pick) => existing[pick % existing.length]!))];
          const parent = [null, ...categories][places[1]! % (categories.size + 1)]!;
          if (kind === 'make') {
            const position = places[0]! + 1;
            const answer = await who.post(path, {
              name: 'new',
              position,
              parent_id: parent === null ? null : String(parent),
            });
            if (answer.status !== 201) return undefined;
            const id = BigInt(of<{ id: string }>(answer.body).id);
            existing.push(id);
            return {
              version: versionOf(answer),
              apply: (layout) => placeTrack(layout, { id, parent_id: parent }, position, kindsIn(layout)),
              check: () => undefined,
            };
          }
          if (kind === 'delete') {
            const answer = await who.delete(`/tracks/${ids[0]}`);
            return answer.status === 204
              ? { version: versionOf(answer), apply: (layout) => removeTrack(layout, ids[0]!), check: () => undefined }
              : undefined;
          }
          const moves = ids.map((id, index) => ({
            id,
            position: places[index]! + 1,
            ...(!categories.has(id) && { parent_id: parent }),
          }));
          const answer = await who.patch(
            path,
            moves.map(({ id, parent_id, ...move }) => ({
              ...move,
              id: String(id),
              ...(parent_id !== undefined && { parent_id: parent_id === null ? null : String(parent_id) }),
            })),
          );
          if (answer.status !== 200) return undefined;
          const answered = new Set(layoutOf(answer).map(({ id }) => id));
          return {
            version: versionOf(answer),
            apply: (layout) => moveTracks(layout, moves, kindsIn(layout)),
            // What somebody deleted before this was answered is not in the answer.
            check: (layout) =>
              expect(layoutOf(answer).map(({ id }) => id)).toEqual(
                layout.map(({ id }) => id).filter((id) => answered.has(id)),
              ),
          };
        });

        const after = await guild.owner.get(path);
        const replayed = replay<TrackLayout>(start, versionOf(before), created);
        expect(versionOf(after)).toBe(replayed.version);
        expect(layoutOf(after)).toEqual(replayed.order);
        count += created.length;
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    process.stdout.write(`concurrent track changes: ${count} of ${RUNS * CLIENTS * EACH} made, each explained\n`);
    expect(count).toBeGreaterThan((RUNS * CLIENTS) / 2);
  });

  it('create at most 200 roles and 500 tracks, and 50 tracks in a category', async () => {
    const guild = await chiefs();
    const makeMany = (path: string, body: object, times: number): Promise<number[]> =>
      Promise.all(
        people.map(async (person) => {
          const statuses: number[] = [];
          for (let time = 0; time < times; time += 1) statuses.push((await person.post(path, body)).status);
          return statuses;
        }),
      ).then((all) => all.flat());

    const madeRoles = await makeMany(`/guilds/${guild.id}/roles`, { name: 'one more' }, 5);
    expect(of<unknown[]>((await guild.owner.get(`/guilds/${guild.id}/roles`)).body)).toHaveLength(200);
    expect(madeRoles.filter((status) => status === 201)).toHaveLength(198);

    const inCategory = await makeMany(`/guilds/${guild.id}/tracks`, { name: 'inside', parent_id: guild.category }, 2);
    expect(inCategory.filter((status) => status === 201)).toHaveLength(49);
    const madeTracks = await makeMany(`/guilds/${guild.id}/tracks`, { name: 'outside' }, 10);
    expect(of<unknown[]>((await guild.owner.get(`/guilds/${guild.id}/tracks`)).body)).toHaveLength(500);
    expect(madeTracks.filter((status) => status === 201)).toHaveLength(449);
  });
});

function layoutOf({ body }: Answer): { id: bigint; parent_id: bigint | null }[] {
  return of<{ id: string; parent_id: string | null }[]>(body).map(({ id, parent_id }) => ({
    id: BigInt(id),
    parent_id: parent_id === null ? null : BigInt(parent_id),
  }));
}
