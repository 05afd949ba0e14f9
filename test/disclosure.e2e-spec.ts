import { Permission, union } from '../src/permissions/compute-permissions';
import { of } from './support/answer';
import type { Client } from './support/client';
import { documentedRoutes, fillPath, type Route } from './support/openapi';
import type { Person } from './support/person';
import { secretGuild, type SecretGuild } from './support/secret-guild';
import { World } from './support/world';

const { CreateMessage, KickMembers } = Permission;
const SEEDS = [1, 2];

/*
 * Collects every GET response, every dry run and every event that a member receives while tracks, categories and messages that are hidden from the
 * member are used in all ways. No id of a hidden object may appear anywhere in the JSON. docs/decisions/information-disclosure.md accepts no id.
 */
describe.each(SEEDS)('a member of generated guild %i', (seed) => {
  let world: World;
  let secrets: SecretGuild;
  let routes: Route[];
  let clients: Map<Person, Client[]>;
  let readStates: Map<Person, unknown>;

  beforeAll(async () => {
    world = await World.start();
    routes = (await documentedRoutes(world)).filter(({ method }) => method === 'get');
    secrets = await secretGuild(world, seed);
    clients = new Map();
    for (const person of [...secrets.observers, secrets.guild.owner]) clients.set(person, [await person.connect()]);
    await secrets.useAll();
    await world.settle();
    for (const [person, [first]] of clients) clients.set(person, [first!, await person.connect()]);
    const [[observer, [ended]]] = clients as unknown as [[Person, Client[]]];
    ended!.close();
    await secrets.useAll();
    await secrets.deleteSome();
    clients.get(observer)!.push(await observer.resume(ended!));
    await world.settle();
    readStates = new Map();
    for (const [person, [, second]] of clients) readStates.set(person, await second!.readStates);
  });
  afterAll(() => world.stop());

  /** Returns the paths of a route for each combination of objects that a person knows. */
  const pathsOf = (route: Route, person: Person): string[] => {
    const { guild } = secrets;
    const tracks = secrets.tracksVisibleTo(person);
    const users = [...secrets.observers, guild.owner, ...Object.values(guild.members)].map(({ id }) => id);
    const known: Record<string, readonly string[]> = {
      guild_id: [guild.id],
      track_id: tracks,
      user_id: users,
      role_id: Object.values(guild.roles),
      code: [guild.invite],
      emoji: ['👍'],
      message_id: secrets.messagesIn(tracks[0]!),
    };
    const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
    let fillings: Record<string, string>[] = [{}];
    for (const name of names)
      fillings = fillings.flatMap((filling) => (known[name] ?? ['1']).map((value) => ({ ...filling, [name]: value })));
    return fillings.flatMap((filling) =>
      queriesOf(route, tracks).map((query) => fillPath(route, filling).replace('/api/v1', '') + query),
    );
  };

  const queriesOf = ({ path }: Route, tracks: readonly string[]): string[] => {
    if (path.includes('/permissions')) return ['?explain=true', ...tracks.map((id) => `?explain=true&track_id=${id}`)];
    if (path.endsWith('/search')) return ['?q=secret', `?author_id=${secrets.guild.owner.id}`];
    return path.endsWith('/audit-log') || path.endsWith('/messages') ? ['?limit=100'] : [''];
  };

  const responsesTo = async (person: Person): Promise<string[]> => {
    const paths = routes.flatMap((route) => pathsOf(route, person));
    const { guild } = secrets;
    const responses: string[] = [];
    for (const path of new Set(paths)) responses.push(`${path} ${JSON.stringify(await person.get(path))}`);
    const permissions = { allow: String(union(CreateMessage, KickMembers)), deny: '0' };
    for (const role of [guild.id, ...Object.values(guild.roles)])
      responses.push(
        `dry run ${role} ${JSON.stringify(await person.patch(`/guilds/${guild.id}/roles/${role}?dry_run=true`, permissions))}`,
      );
    for (const track of secrets.tracksVisibleTo(person)) {
      responses.push(
        `dry run ${track} ${JSON.stringify(await person.patch(`/tracks/${track}?dry_run=true`, { inherits: false, position: 1 }))}`,
      );
      responses.push(
        `dry run ${track} ${JSON.stringify(await person.put(`/tracks/${track}/overwrites/${guild.id}?dry_run=true`, { type: 'role', ...permissions }))}`,
      );
    }
    return responses;
  };

  const eventsOf = (person: Person): string[] => [
    `READ_STATES ${JSON.stringify(readStates.get(person))}`,
    ...clients.get(person)!.flatMap(({ events }) => events.map(({ name, data }) => `${name} ${JSON.stringify(data)}`)),
  ];

  const idsIn = (texts: readonly string[], ids: readonly string[]): string[] =>
    ids.flatMap((id) => texts.filter((text) => text.includes(`"${id}"`)).map((text) => `${id}: ${text}`));

  it('lists exactly the tracks that the generator leaves visible', async () => {
    for (const person of secrets.observers) {
      const listed = of<{ id: string }[]>((await person.get(`/guilds/${secrets.guild.id}/tracks`)).body).map(
        ({ id }) => id,
      );
      expect(listed.toSorted()).toEqual(secrets.tracksVisibleTo(person).toSorted());
    }
  });

  it('finds no id of a hidden track, category or message in any response', async () => {
    for (const person of secrets.observers)
      expect(idsIn(await responsesTo(person), secrets.hiddenFrom(person))).toEqual([]);
    const found = await responsesTo(secrets.guild.owner);
    // The same search finds the hidden objects in the responses to the owner.
    const existing = secrets
      .hiddenFrom(secrets.observers[0]!)
      .filter((id) => !secrets.deleted.has(id) && (secrets.early.has(id) || secrets.messagesIn(id).length > 0));
    expect(existing.filter((id) => idsIn(found, [id]).length === 0)).toEqual([]);
  });

  it('receives no id of a hidden track, category or message in any event', () => {
    for (const person of secrets.observers) expect(idsIn(eventsOf(person), secrets.hiddenFrom(person))).toEqual([]);
    const unseen = secrets
      .hiddenFrom(secrets.observers[0]!)
      .filter((id) => idsIn(eventsOf(secrets.guild.owner), [id]).length === 0);
    expect(unseen).toEqual([]);
  });

  it('reads decisions by a hidden category without its overwrites', async () => {
    for (const person of secrets.observers) {
      const tracks = of<{ id: string; parent_id: string | null }[]>(
        (await person.get(`/guilds/${secrets.guild.id}/tracks`)).body,
      ).filter(({ parent_id }) => parent_id === null);
      const kinds = new Set<string>();
      for (const { id } of tracks) {
        for (const subject of ['permissions/@me', `members/${secrets.named.id}/permissions`]) {
          const { status, body } = await person.get(
            `/guilds/${secrets.guild.id}/${subject}?explain=true&track_id=${id}`,
          );
          if (status === 403) continue;
          expect(JSON.stringify(body)).not.toContain('"place":"category"');
          for (const { decided_by } of of<{ bits: { decided_by: { kind: string } }[] }>(body).bits)
            kinds.add(decided_by.kind);
        }
      }
      expect(kinds.has('category')).toBe(person === secrets.observers[0]);
    }
  });

  it('finds no group of a member that only hidden tracks name in the impact of a change', async () => {
    const { guild, named } = secrets;
    const [manager] = secrets.observers;
    const impact = of<{ groups: { user_ids: string[] }[] }>(
      (
        await manager!.patch(`/guilds/${guild.id}/roles/${guild.roles['low']!}?dry_run=true`, {
          allow: String(CreateMessage),
          deny: '0',
        })
      ).body,
    );
    const group = impact.groups.find(({ user_ids }) => user_ids.includes(named.id));
    expect(group?.user_ids).toEqual(expect.arrayContaining([named.id, guild.members['twin']!.id]));
  });
});
