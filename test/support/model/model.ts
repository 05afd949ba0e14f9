import {
  computeGuildPermissions,
  computeTrackPermissions,
  type PermissionSet,
  type Subject,
  type SubjectOverwrite,
  type TrackRules,
} from '../../../src/permissions/compute-permissions';
import { eventually } from '../eventually';
import type { Account, Api } from './api';
import { Connection } from './connection';
import { chooseRequest, type Request, type Scene } from './operations';
import type { Random } from './random';
import type { GuildFields, GuildState, Member, Overwrite, Role, Track } from './replica';

const MODIFY_GUILD = 1n;
const EXPIRY_MARGIN_MS = 1_000;
const CONNECTIONS_PER_PERSON = 2;

/** A guild as one user reads it over REST. */
interface RestState extends GuildState {
  readonly permissions: PermissionSet;
  /** The permissions in one of the tracks, chosen at random. */
  readonly sample: { readonly track: Track; readonly permissions: PermissionSet } | undefined;
}

type States = ReadonlyMap<Account, RestState | undefined>;

/** What was sent to compare who receives it: the track of each message, null for the invite; and the category of each track. */
interface Sent {
  readonly sent: ReadonlyMap<string, string | null>;
  readonly parents: ReadonlyMap<string, string | null>;
}

/** People who change one guild at random while their sockets rebuild it, and the comparison with REST. */
export class Model {
  /** Every operation so far, to be printed when a comparison fails. */
  readonly history: string[] = [];
  private readonly connections: Connection[] = [];
  private count = 0;
  /** What was read for the last comparison, as long as no request was sent since. */
  private known: States | undefined;

  private constructor(
    readonly api: Api,
    private readonly random: Random,
    private readonly people: readonly Account[],
    private readonly guildId: string,
    /** A track of another guild with the same people. A message in it marks the end of what was published before. */
    private readonly marker: { readonly owner: Account; readonly trackId: string },
  ) {}

  /** Makes accounts, a guild with all of them, and a first socket for each in random order. */
  static async create(api: Api, random: Random, peopleCount = 6): Promise<Model> {
    const people: Account[] = [];
    for (let index = 0; index < peopleCount; index += 1) people.push(await api.register(`p${index}`));
    const owner = people[0]!;
    const [{ id: guildId }, { id: markerId }] = [
      await api.must(owner, 'POST', '/guilds', { name: 'Model' }),
      await api.must(owner, 'POST', '/guilds', { name: 'Marker' }),
    ];
    const trackId = await firstTextTrack(api, owner, markerId);
    for (const track of [await firstTextTrack(api, owner, guildId), trackId]) {
      const { code } = await api.must<{ code: string }>(owner, 'POST', `/tracks/${track}/invites`, {});
      for (const person of people.slice(1)) await api.must(person, 'POST', `/invites/${code}`);
    }
    const model = new Model(api, random, people, guildId, { owner, trackId });
    for (const person of people.toSorted(() => random.next() - 0.5)) await model.openConnection(person);
    return model;
  }

  /** Runs one random operation: a request, several at once, or a change of connections. */
  async step(): Promise<void> {
    if (this.random.chance(0.15)) return this.changeConnections();
    const scene = await this.scene();
    const requests = [await chooseRequest(scene)];
    while (this.random.chance(0.08)) requests.push(await chooseRequest(scene));
    this.known = undefined;
    await Promise.all(requests.map((request) => this.run(request)));
  }

  /** Runs a request, and notes it with its status. A request whose node is killed has none. */
  private async run({ actor, method, path, body, untilMs }: Request): Promise<void> {
    const entry = this.note(`${actor.name} ${method} ${path} ${body === undefined ? '' : JSON.stringify(body)}`);
    const status = await this.api.send(actor, method, path, body).then(
      (answer) => String(answer.status),
      () => 'no answer',
    );
    this.history[entry] = `${this.history[entry]} -> ${status}`;
    if (untilMs !== undefined) await eventually(() => Date.now() > untilMs);
  }

  /** Reconnects what a killed node has disconnected. */
  async restoreConnections(): Promise<void> {
    for (const connection of this.connections) {
      if (connection.isOpen) continue;
      this.note(`${connection.name} resumes`);
      await connection.resume(this.api.url);
    }
  }

  /** Compares what every socket knows and receives with what its user reads over REST. Throws where they differ. */
  async verify(): Promise<void> {
    const open = this.connections.filter(({ isOpen }) => isOpen);
    const states = await this.readAll();
    const owner = this.ownerOf(states);
    for (const connection of open) connection.takeArrivals();
    const sent = await this.sendToAll(owner, states.get(owner)!.tracks);
    const { id: markerId } = await this.api.must(this.marker.owner, 'POST', `/tracks/${this.marker.trackId}/messages`, {
      content: 'marker',
    });
    await Promise.all(open.map((connection) => connection.reach(markerId)));
    const parents = new Map(states.get(owner)!.tracks.map(({ id, parent_id: parentId }) => [id, parentId]));
    for (const connection of open) this.compare(connection, states.get(connection.account), { sent, parents });
    this.known = states;
  }

  close(): void {
    for (const connection of this.connections) connection.close();
  }

  private compare(connection: Connection, rest: RestState | undefined, { sent, parents }: Sent): void {
    const arrivals = connection
      .takeArrivals()
      .flatMap(({ id }) => (sent.has(id) ? [labelOf(id, sent)] : []))
      .sort();
    const expected = [...sent].filter(
      ([, trackId]) =>
        rest &&
        (trackId === null ? (rest.permissions & MODIFY_GUILD) !== 0n : rest.tracks.some(({ id }) => id === trackId)),
    );
    expect({ socket: connection.name, arrivals }).toEqual({
      socket: connection.name,
      arrivals: expected.map(([id]) => labelOf(id, sent)).sort(),
    });
    const { state } = connection;
    expect({ socket: connection.name, state: state && comparable(state) }).toEqual({
      socket: connection.name,
      state: rest && comparable(rest),
    });
    if (rest && state && !expiresNow(rest.me)) comparePermissions(connection.name, state, rest, parents);
    for (const trackId of connection.takeReadTrackIds())
      expect({ socket: connection.name, trackIds: rest?.tracks.map(({ id }) => id) }).toEqual({
        socket: connection.name,
        trackIds: expect.arrayContaining([trackId]) as unknown,
      });
  }

  /** Sends a message to every text track and creates an invite. Returns the track of each message, and null for the invite. */
  private async sendToAll(owner: Account, tracks: readonly Track[]): Promise<ReadonlyMap<string, string | null>> {
    const texts = tracks.filter(({ type }) => type === 'text');
    const messages = await Promise.all(
      texts.map(
        async ({ id }) =>
          [(await this.api.must(owner, 'POST', `/tracks/${id}/messages`, { content: 'probe' })).id, id] as const,
      ),
    );
    const code = await this.invite(owner, texts);
    return new Map<string, string | null>([...messages, ...(code === undefined ? [] : [[code, null] as const])]);
  }

  private async invite(owner: Account, texts: readonly Track[]): Promise<string | undefined> {
    if (!texts[0]) return undefined;
    const { code } = await this.api.must<{ code: string }>(owner, 'POST', `/tracks/${texts[0].id}/invites`, {
      max_uses: 1,
    });
    await this.api.must(owner, 'DELETE', `/invites/${code}`);
    return code;
  }

  private async changeConnections(): Promise<void> {
    const { random } = this;
    const connection = random.pick(this.connections)!;
    const [closed, own] = [
      this.connections.filter(({ isOpen }) => !isOpen),
      this.connections.filter(({ account }) => account === connection.account),
    ];
    if (closed.length > 0 && random.chance(0.6)) {
      const returning = random.pick(closed)!;
      this.note(`${returning.name} resumes`);
      return returning.resume(this.api.url);
    }
    if (own.length < CONNECTIONS_PER_PERSON && random.chance(0.3)) return this.openConnection(connection.account);
    if (random.chance(0.5)) {
      this.note(`${connection.name} disconnects`);
      return connection.close();
    }
    this.note(`${connection.name} reconnects`);
    await connection.connect(this.api.url);
  }

  private async openConnection(account: Account): Promise<void> {
    const connection = new Connection(`${account.name}#${(this.count += 1)}`, account, this.guildId);
    this.note(`${connection.name} connects`);
    this.connections.push(connection);
    await connection.connect(this.api.url);
  }

  private note(text: string): number {
    return this.history.push(text) - 1;
  }

  private async scene(): Promise<Scene> {
    const { api, guildId, people, random } = this;
    const states = this.known ?? (await this.readAll());
    const owner = this.ownerOf(states);
    const bans = await api.must<{ user_id: string }[]>(owner, 'GET', `/guilds/${guildId}/bans`);
    const { roles, tracks } = states.get(owner)!;
    const invite = async (): Promise<string> => {
      const { id } =
        tracks.find(({ type }) => type === 'text') ??
        (await api.must<{ id: string }>(owner, 'POST', `/guilds/${guildId}/tracks`, { name: 'door' }));
      return (await api.must<{ code: string }>(owner, 'POST', `/tracks/${id}/invites`, { max_uses: 1 })).code;
    };
    return {
      random,
      guildId,
      owner,
      people,
      roles,
      tracks,
      members: [...states.values()].flatMap((state) => state?.me ?? []),
      bannedIds: bans.map(({ user_id: id }) => id),
      invite,
    };
  }

  private ownerOf(states: States): Account {
    const ownerId = [...states.values()].find((state) => state !== undefined)?.guild.owner_id;
    return this.people.find(({ id }) => id === ownerId)!;
  }

  private async readAll(): Promise<States> {
    return new Map(await Promise.all(this.people.map(async (person) => [person, await this.read(person)] as const)));
  }

  private async read(person: Account): Promise<RestState | undefined> {
    const path = `/guilds/${this.guildId}`;
    const { status, body: guild } = await this.api.send<GuildFields>(person, 'GET', path);
    if (status === 404) return undefined;
    const [roles, tracks, me, { permissions }] = await Promise.all([
      this.api.must<Role[]>(person, 'GET', `${path}/roles`),
      this.api.must<Track[]>(person, 'GET', `${path}/tracks`),
      this.api.must<Member>(person, 'GET', `${path}/members/${person.id}`),
      this.api.must<{ permissions: string }>(person, 'GET', `${path}/permissions/@me`),
    ]);
    return {
      guild,
      roles,
      tracks,
      me,
      permissions: BigInt(permissions) as PermissionSet,
      sample: await this.sample(person, tracks),
    };
  }

  private async sample(person: Account, tracks: readonly Track[]): Promise<RestState['sample']> {
    const track = this.random.pick(tracks);
    if (!track) return undefined;
    const { permissions } = await this.api.must<{ permissions: string }>(
      person,
      'GET',
      `/guilds/${this.guildId}/permissions/@me?track_id=${track.id}`,
    );
    return { track, permissions: BigInt(permissions) as PermissionSet };
  }
}

const labelOf = (id: string, sent: ReadonlyMap<string, string | null>): string =>
  sent.get(id) === null ? `invite ${id}` : `message ${id} in ${sent.get(id)}`;

const expiresNow = ({ timed_out_until: until }: Member): boolean =>
  until !== null && Math.abs(new Date(until).getTime() - Date.now()) < EXPIRY_MARGIN_MS;

async function firstTextTrack(api: Api, owner: Account, guildId: string): Promise<string> {
  return (await api.must<Track[]>(owner, 'GET', `/guilds/${guildId}/tracks`)).find(({ type }) => type === 'text')!.id;
}

// The version of a guild grows without an event, and overwrites and roles of members have no order.
function comparable({ guild: { version: _version, ...guild }, roles, tracks, me }: GuildState): object {
  const byId = (a: Overwrite, b: Overwrite): number => (a.id < b.id ? -1 : 1);
  return {
    guild,
    roles,
    tracks: tracks.map((track) => ({ ...track, overwrites: [...track.overwrites].sort(byId) })),
    me: { ...me, role_ids: [...me.role_ids].sort() },
  };
}

/** Compares the permissions that a client computes from what it knows with those over REST, in the guild and in one track. */
function comparePermissions(
  socket: string,
  state: GuildState,
  { permissions, sample }: RestState,
  parents: ReadonlyMap<string, string | null>,
): void {
  const subject = subjectOf(state);
  expect({ socket, permissions: computeGuildPermissions(subject) }).toEqual({ socket, permissions });
  const track = state.tracks.find(({ id }) => id === sample?.track.id);
  // A client cannot know the overwrites of a category that its user may not view.
  if (!sample || !track || (track.inherits && parents.get(track.id) !== track.parent_id)) return;
  const category = state.tracks.find(({ id }) => id === track.parent_id);
  const rules: TrackRules = {
    overwrites: track.overwrites.map(toBits),
    inherits: track.inherits,
    categoryOverwrites: category?.overwrites.map(toBits) ?? [],
  };
  expect({ socket, track: track.id, permissions: computeTrackPermissions(subject, rules) }).toEqual({
    socket,
    track: track.id,
    permissions: sample.permissions,
  });
}

const toBits = ({ id, type, allow, deny }: Overwrite): SubjectOverwrite => ({
  id: BigInt(id),
  type,
  allow: BigInt(allow) as PermissionSet,
  deny: BigInt(deny) as PermissionSet,
});

function subjectOf({ guild, roles, me }: GuildState): Subject {
  const held = new Set([guild.id, ...me.role_ids]);
  return {
    userId: BigInt(me.user_id),
    isOwner: guild.owner_id === me.user_id,
    isTimedOut: me.timed_out_until !== null && new Date(me.timed_out_until).getTime() > Date.now(),
    roles: roles.flatMap(({ id, allow, deny }) =>
      held.has(id)
        ? [{ id: BigInt(id), allow: BigInt(allow) as PermissionSet, deny: BigInt(deny) as PermissionSet }]
        : [],
    ),
  };
}
