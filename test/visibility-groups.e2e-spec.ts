import { Permission } from '../src/permissions/compute-permissions';
import { of } from './support/answer';
import type { Client } from './support/client';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

const { ViewTrack } = Permission;
const NAMES = ['ann', 'bob', 'cid'] as const;

const idOf = async (answer: Promise<{ body: unknown }>): Promise<string> => of<{ id: string }>((await answer).body).id;

/*
 * Members with the same roles share a visibility group. Whatever applies to one of them alone must neither reveal tracks to the others nor hide
 * tracks from them, whichever of them connected first.
 */
describe.each(NAMES.map((name) => [name] as const))('an individual permission of %s', (chosen) => {
  let world: World;
  let guild: GuildWorld;
  let sockets: { readonly person: Person; readonly client: Client }[];
  beforeAll(async () => {
    world = await World.start();
    guild = await world.guild({ members: { ann: [], bob: [], cid: [] } });
    sockets = [];
    // One after the other, so that the order of the connections is the order of the names; and a second socket for each.
    for (const name of [...NAMES, ...NAMES])
      sockets.push({ person: guild.members[name]!, client: await guild.members[name]!.connect() });
  });
  afterAll(() => world.stop());

  const member = (): Person => guild.members[chosen]!;
  const overwrite = (
    id: string,
    type: 'role' | 'member',
    { allow = 0n, deny = 0n }: { allow?: bigint; deny?: bigint },
  ): object => ({ id, type, allow: String(allow), deny: String(deny) });
  const makeTrack = (fields: object): Promise<string> =>
    idOf(guild.owner.post(`/guilds/${guild.id}/tracks`, { name: 'subject', ...fields }));

  /** Asserts that tracks, messages and read states reach exactly the sockets whose users list the track over REST. */
  const assertReach = async (track: string, names: readonly string[], owner = guild.owner): Promise<void> => {
    const message = await idOf(owner.post(`/tracks/${track}/messages`, { content: 'to those who view the track' }));
    await world.settle();
    const reached = sockets.map(({ client }) => client.received('MESSAGE_CREATE').some(({ id }) => id === message));
    const listed = await Promise.all(
      sockets.map(async ({ person }) =>
        of<{ id: string }[]>((await person.get(`/guilds/${guild.id}/tracks`)).body).some(({ id }) => id === track),
      ),
    );
    const sent = sockets.map(
      ({ client }) =>
        client.events
          .filter(
            ({ name, data }) =>
              (name === 'TRACK_CREATE' && data['id'] === track) ||
              (name === 'TRACK_DELETE' && data['track_id'] === track),
          )
          .at(-1)?.name === 'TRACK_CREATE',
    );
    const expected = [...NAMES, ...NAMES].map((name) => names.includes(name));
    expect({ reached, listed, sent }).toEqual({ reached: expected, listed: expected, sent: expected });
    const late = await member().connect();
    expect((await late.readStates).some((state) => state['track_id'] === track)).toBe(names.includes(chosen));
    late.close();
  };

  it('reveals a track by an overwrite to this member alone', async () => {
    const track = await makeTrack({
      overwrites: [
        overwrite(guild.id, 'role', { deny: ViewTrack }),
        overwrite(member().id, 'member', { allow: ViewTrack }),
      ],
    });
    await assertReach(track, [chosen]);
    await guild.owner.delete(`/tracks/${track}/overwrites/${member().id}`);
    await assertReach(track, []);
  });

  it('hides a track by an overwrite from this member alone', async () => {
    const track = await makeTrack({});
    await assertReach(track, NAMES);
    await guild.owner.put(`/tracks/${track}/overwrites/${member().id}`, {
      type: 'member',
      allow: '0',
      deny: String(ViewTrack),
    });
    await assertReach(
      track,
      NAMES.filter((name) => name !== chosen),
    );
  });

  it('applies an overwrite of a category to this member alone, as long as the track inherits', async () => {
    const category = await makeTrack({
      type: 'category',
      overwrites: [
        overwrite(guild.id, 'role', { deny: ViewTrack }),
        overwrite(member().id, 'member', { allow: ViewTrack }),
      ],
    });
    const track = await makeTrack({ parent_id: category });
    await assertReach(track, [chosen]);
    await guild.owner.patch(`/tracks/${track}`, { inherits: false });
    await assertReach(track, NAMES);
  });

  it('applies changed roles to every socket of a member with an overwrite', async () => {
    const role = await idOf(guild.owner.post(`/guilds/${guild.id}/roles`, { name: 'insider', allow: '0', deny: '0' }));
    await makeTrack({ overwrites: [overwrite(member().id, 'member', {})] });
    const track = await makeTrack({
      overwrites: [overwrite(guild.id, 'role', { deny: ViewTrack }), overwrite(role, 'role', { allow: ViewTrack })],
    });
    await assertReach(track, []);
    await guild.owner.put(`/guilds/${guild.id}/members/${member().id}/roles/${role}`);
    await assertReach(track, [chosen]);
    await guild.owner.delete(`/guilds/${guild.id}/members/${member().id}/roles/${role}`);
    await assertReach(track, []);
  });

  it('reveals all tracks by ownership to this member alone, and hides them again', async () => {
    const track = await makeTrack({ overwrites: [overwrite(guild.id, 'role', { deny: ViewTrack })] });
    await assertReach(track, []);
    await guild.owner.patch(`/guilds/${guild.id}`, { owner_id: member().id });
    await assertReach(track, [chosen], member());
    await member().patch(`/guilds/${guild.id}`, { owner_id: guild.owner.id });
    await assertReach(track, []);
  });
});

describe('the tracks of a category that stay visible', () => {
  let world: World;
  beforeAll(async () => (world = await World.start()));
  afterAll(() => world.stop());

  it('are sent with their new place right after the category is hidden, revealed or deleted', async () => {
    const guild = await world.guild({ members: { ann: [] } });
    const { owner, id } = guild;
    const category = await idOf(owner.post(`/guilds/${id}/tracks`, { name: 'category', type: 'category' }));
    const track = await idOf(
      owner.post(`/guilds/${id}/tracks`, { name: 'stays', parent_id: category, inherits: false }),
    );
    const client = await guild.members['ann']!.connect();
    const steps: [() => Promise<unknown>, 'TRACK_CREATE' | 'TRACK_DELETE', string | null][] = [
      [
        () => owner.put(`/tracks/${category}/overwrites/${id}`, { type: 'role', allow: '0', deny: String(ViewTrack) }),
        'TRACK_DELETE',
        null,
      ],
      [() => owner.delete(`/tracks/${category}/overwrites/${id}`), 'TRACK_CREATE', category],
      [() => owner.delete(`/tracks/${category}`), 'TRACK_DELETE', null],
    ];
    for (const [change, event, parentId] of steps) {
      client.clear();
      await change();
      await world.settle();
      expect(client.names.slice(0, 2)).toEqual([event, 'TRACKS_REORDER']);
      const layout = of<{ layout: { id: string; parent_id: string | null }[] }>(
        client.received('TRACKS_REORDER')[0],
      ).layout;
      expect(layout.find((entry) => entry.id === track)).toEqual({ id: track, parent_id: parentId, inherits: false });
      expect(layout.map((entry) => entry.id)).toEqual(
        of<{ id: string }[]>((await guild.members['ann']!.get(`/guilds/${id}/tracks`)).body).map((listed) => listed.id),
      );
    }
    client.close();
  });
});
