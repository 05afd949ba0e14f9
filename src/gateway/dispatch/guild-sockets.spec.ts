import fc from 'fast-check';
import { lowestAt, type Snowflake } from '../../common/snowflake';
import { ALL_INTENTS } from '../../events/intents';
import type { MemberDocument } from '../../members/member.schema';
import {
  type Overwrite,
  Permission,
  permissionSet,
  type SubjectOverwrite,
} from '../../permissions/compute-permissions';
import { GuildAuthority } from '../../permissions/authority';
import type { GuildState } from '../../permissions/guild-state';
import type { RoleDocument } from '../../roles/role.schema';
import type { TrackDocument } from '../../tracks/track.schema';
import { isVisibleTo } from '../../tracks/track-visibility';
import type { ClientSocket } from '../transport/client-socket';
import { GuildSockets, type VisibilityChange } from './guild-sockets';
import type { GuildSnapshotView } from './member-view';

const GUILD: Snowflake = 1n;
const [USERS, ROLES, TRACKS] = [
  [101n, 102n, 103n, 104n],
  [11n, 12n],
  [21n, 22n, 23n],
];
const NONE = permissionSet(0n);

const overwrite: fc.Arbitrary<Overwrite> = fc.constantFrom(
  { allow: Permission.ViewTrack, deny: NONE },
  { allow: NONE, deny: Permission.ViewTrack },
  { allow: NONE, deny: NONE },
);
const subjectOverwrites: fc.Arbitrary<SubjectOverwrite[]> = fc.uniqueArray(
  fc
    .record({
      subject: fc.constantFrom(
        ...[GUILD, ...ROLES].map((id) => ({ id, type: 'role' as const })),
        ...USERS.map((id) => ({ id, type: 'member' as const })),
      ),
      said: overwrite,
    })
    .map(({ subject, said }) => ({ ...subject, ...said })),
  { maxLength: 3, selector: ({ id }) => id },
);

/** A guild with a category, a track inside it and a track outside. */
const views: fc.Arbitrary<GuildSnapshotView> = fc
  .record({
    owner: fc.constantFrom(...USERS),
    says: fc.tuple(overwrite, overwrite, overwrite),
    overwrites: fc.tuple(subjectOverwrites, subjectOverwrites, subjectOverwrites),
    inherits: fc.boolean(),
    size: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ owner, says, overwrites, inherits, size }) => {
    const tracks = TRACKS.slice(0, size).map(
      (id, index) => ({ _id: id, overwrites: overwrites[index] }) as unknown as TrackDocument,
    );
    const roles = [GUILD, ...ROLES].map((id, index) => ({ _id: id, ...says[index] }) as unknown as RoleDocument);
    const layout = tracks.map(({ _id: id }) => ({ id, parent_id: id === TRACKS[1] ? TRACKS[0] : null, inherits }));
    const guild = { _id: GUILD, owner_id: owner, role_ids: roles.map(({ _id }) => _id), track_layout: layout };
    return {
      state: { guild, roles } as unknown as GuildState,
      tracks: new Map(tracks.map((track) => [track._id, track])),
    };
  });

const memberships: fc.Arbitrary<MemberDocument> = fc
  .record({ user: fc.constantFrom(...USERS), roleIds: fc.subarray(ROLES), isTimedOut: fc.boolean() })
  .map(
    ({ user, roleIds, isTimedOut }) =>
      ({
        guild_id: GUILD,
        user_id: user,
        role_ids: roleIds,
        timed_out_until: isTimedOut ? new Date('2999-01-01') : null,
      }) as unknown as MemberDocument,
  );

type Step =
  | { readonly connect: MemberDocument }
  | { readonly update: MemberDocument }
  | { readonly disconnect: number }
  | { readonly view: GuildSnapshotView };
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: memberships.map((connect) => ({ connect })) },
  { weight: 2, arbitrary: memberships.map((update) => ({ update })) },
  { weight: 1, arbitrary: fc.nat(10).map((disconnect) => ({ disconnect })) },
  { weight: 4, arbitrary: views.map((view) => ({ view })) },
);

/** A socket that records its rooms and the tracks that it received. */
class Socket {
  readonly rooms: Set<string>;
  readonly data = { intents: ALL_INTENTS };
  tracks = new Set<Snowflake>();

  constructor(
    readonly id: string,
    public member: MemberDocument,
  ) {
    this.rooms = new Set([id]);
  }

  join(room: string): void {
    this.rooms.add(room);
  }

  leave(room: string): void {
    this.rooms.delete(room);
  }
}

/** What a member sees, evaluated for this member alone. */
const visibleTo = (member: MemberDocument, { state, tracks }: GuildSnapshotView): Set<Snowflake> =>
  new Set([...tracks.keys()].filter(isVisibleTo(new GuildAuthority(state, member, undefined, Date.now()), tracks)));

const FIRST_ID: Snowflake = 1_000n;

describe('GuildSockets', () => {
  it('knows the messages that were sent while a socket was connected and could view the track without interruption', () => {
    fc.assert(
      fc.property(views, fc.array(fc.tuple(steps, fc.boolean()), { maxLength: 25 }), (start, all) => {
        let newest = FIRST_ID;
        const guild = new GuildSockets(start, () => newest);
        const sockets: { readonly socket: Socket; readonly since: Map<Snowflake, Snowflake> }[] = [];
        all.forEach(([step, isLater], index) => {
          if (isLater) newest += 10n;
          const member = 'connect' in step ? step.connect : 'update' in step ? step.update : undefined;
          const own = sockets.filter(({ socket }) => socket.member.user_id === member?.user_id);
          if ('connect' in step) {
            const socket = new Socket(`socket-${index}`, own[0]?.socket.member ?? step.connect);
            sockets.push({ socket, since: new Map() });
            guild.enter(socket as unknown as ClientSocket, socket.member);
          } else if ('update' in step) {
            for (const { socket } of own) socket.member = step.update;
            guild.update(
              own.map(({ socket }) => socket as unknown as ClientSocket),
              step.update,
              () => undefined,
            );
          } else if ('disconnect' in step) {
            for (const { socket } of sockets.splice(step.disconnect, 1)) guild.leave(socket as unknown as ClientSocket);
          } else guild.refresh(step.view, () => undefined);

          for (const { socket, since } of sockets) {
            const visible = visibleTo(socket.member, guild.view);
            for (const id of TRACKS) if (!visible.has(id)) since.delete(id);
            for (const id of visible) if (!since.has(id)) since.set(id, newest);
            for (let messageId = FIRST_ID - 5n; messageId <= newest + 5n; messageId += 5n) {
              const existing = TRACKS.filter((id) => guild.hasSeen(socket as unknown as ClientSocket, id, messageId));
              expect(existing).toEqual(TRACKS.filter((id) => messageId > (since.get(id) ?? Infinity)));
            }
          }
        });
      }),
      { numRuns: 200 },
    );
  });

  it('shows each socket exactly the tracks that its user sees alone, and reports each change to exactly the sockets concerned', () =>
    fc.assert(
      fc.property(views, fc.array(steps, { maxLength: 40 }), (start, all) => {
        const guild = new GuildSockets(start, () => 1_000n);
        const sockets: Socket[] = [];
        const report = ({ rooms, appeared, disappeared }: VisibilityChange): void => {
          for (const socket of sockets.filter((each) => rooms.some((room) => each.rooms.has(room)))) {
            expect(appeared.filter((id) => socket.tracks.has(id))).toEqual([]);
            expect(disappeared.filter((id) => !socket.tracks.has(id))).toEqual([]);
            socket.tracks = new Set([...socket.tracks, ...appeared].filter((id) => !disappeared.includes(id)));
          }
        };
        all.forEach((step, index) => {
          if ('connect' in step) {
            const member =
              sockets.find((socket) => socket.member.user_id === step.connect.user_id)?.member ?? step.connect;
            const socket = new Socket(`socket-${index}`, member);
            sockets.push(socket);
            guild.enter(socket as unknown as ClientSocket, member);
            socket.tracks = visibleTo(member, guild.view);
          } else if ('update' in step) {
            const own = sockets.filter((socket) => socket.member.user_id === step.update.user_id);
            for (const socket of own) socket.member = step.update;
            guild.update(own as unknown as ClientSocket[], step.update, report);
          } else if ('disconnect' in step) {
            for (const socket of sockets.splice(step.disconnect, 1)) guild.leave(socket as unknown as ClientSocket);
          } else guild.refresh(step.view, report);

          for (const socket of sockets) {
            const expected = [...visibleTo(socket.member, guild.view)].sort();
            const groups = [...guild.groups].filter((group) =>
              group.roomsFor('tracks').some((room) => socket.rooms.has(room)),
            );
            expect(groups.map((group) => [...group.view.trackIds].sort())).toEqual([expected]);
            expect([...socket.tracks].sort()).toEqual(expected);
          }
        });
      }),
      { numRuns: 400 },
    ));

  it('counts a message as seen only if it was sent while the socket was connected and the track was visible, although ids are ahead of the clock', () => {
    const viewWith = (deny: bigint, version: number): GuildSnapshotView => {
      const guild = {
        _id: GUILD,
        owner_id: 999n,
        role_ids: [GUILD],
        track_layout: [{ id: 21n, parent_id: null, inherits: true }],
        version,
      };
      const track = {
        _id: 21n,
        overwrites: [{ id: GUILD, type: 'role', allow: NONE, deny }],
      } as unknown as TrackDocument;
      return {
        state: { guild, roles: [{ _id: GUILD, allow: Permission.ViewTrack, deny: NONE }] } as unknown as GuildState,
        tracks: new Map([[21n, track]]),
      };
    };
    const future = lowestAt(new Date(Date.now() + 7_200_000));
    let newest = future;
    const guild = new GuildSockets(viewWith(NONE, 1), () => newest);
    const member = {
      guild_id: GUILD,
      user_id: USERS[0],
      role_ids: [],
      timed_out_until: null,
    } as unknown as MemberDocument;
    const socket = new Socket('socket', member) as unknown as ClientSocket;
    const seen = (id: Snowflake): boolean => guild.hasSeen(socket, 21n, id);
    guild.enter(socket, member);
    expect([seen(future - 1n), seen(future), seen(future + 1n)]).toEqual([false, false, true]);
    guild.refresh(viewWith(Permission.ViewTrack, 2), () => undefined);
    newest = future + 10n;
    guild.refresh(viewWith(NONE, 3), () => undefined);
    expect([seen(future + 1n), seen(future + 10n), seen(future + 11n)]).toEqual([false, false, true]);
    guild.update([socket], { ...member, role_ids: [11n] }, () => undefined);
    expect([seen(future + 10n), seen(future + 11n)]).toEqual([false, true]);
  });
});
