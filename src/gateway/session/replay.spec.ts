import '../../event-catalog';
import fc from 'fast-check';
import { lowestAt, type Snowflake } from '../../common/snowflake';
import type { Audience, DomainEvent } from '../../events/event-log';
import { ALL_INTENTS, intentsFor } from '../../events/intents';
import { seqAt, timeOf } from '../../events/seq';
import type { MemberDocument } from '../../members/member.schema';
import { Permission, type PermissionSet, permissionSet, union } from '../../permissions/compute-permissions';
import type { RoleDocument } from '../../roles/role.schema';
import type { TrackDocument } from '../../tracks/track.schema';
import type { MemberGuild } from '../dispatch/guild-snapshots.service';
import { type MissedEvents, collectMissed, type Reader } from './replay';

const { ViewTrack, ViewMessageHistory, BanMembers } = Permission;
const [ME, OTHER] = [7n, 8n];
const [GUILD, ELSEWHERE] = [1n, 2n];
const [OPEN, UNREADABLE, HIDDEN] = [11n, 12n, 13n];
const NOTHING = permissionSet(0n);
const CREATED_AT = new Date(0);

const track = (id: Snowflake, deny: PermissionSet): TrackDocument =>
  ({
    _id: id,
    guild_id: GUILD,
    type: 'text',
    name: String(id),
    topic: null,
    slowmode_seconds: 0,
    overwrites: [{ id: GUILD, type: 'role', allow: NOTHING, deny }],
    created_at: CREATED_AT,
  }) as unknown as TrackDocument;

/** Where I am: a guild with a track that I may view, one that I may not read back in, and one that is hidden from me. */
const seat = ((): MemberGuild => {
  const tracks = [track(OPEN, NOTHING), track(UNREADABLE, ViewMessageHistory), track(HIDDEN, ViewTrack)];
  const layout = tracks.map(({ _id: id }) => ({ id, parent_id: null, inherits: true }));
  const everyone = {
    _id: GUILD,
    guild_id: GUILD,
    allow: union(ViewTrack, ViewMessageHistory),
    deny: NOTHING,
  } as unknown as RoleDocument;
  const guild = { _id: GUILD, owner_id: OTHER, role_ids: [GUILD], track_layout: layout };
  return {
    member: { _id: 1n, guild_id: GUILD, user_id: ME, role_ids: [], timed_out_until: null } as unknown as MemberDocument,
    view: {
      state: { guild, roles: [everyone] } as unknown as MemberGuild['view']['state'],
      tracks: new Map(tracks.map((each) => [each._id, each])),
    },
  };
})();

const reader: Reader = { userId: ME, intents: ALL_INTENTS, seats: [seat] };
const START_SEQ = seqAt(1_790_000_000_000, 0);

type Plain = Pick<DomainEvent, 'name' | 'audience' | 'data'>;
const plain = (name: DomainEvent['name'], audience: Audience, data: object): Plain => ({ name, audience, data });
const said = (guildId: Snowflake, trackId: Snowflake): Plain =>
  plain('MESSAGE_DELETE', { guildId, trackId }, { guild_id: guildId, track_id: trackId, message_id: 5n });
const sent = (guildId: Snowflake, trackId: Snowflake): Plain =>
  plain(
    'MESSAGE_CREATE',
    { guildId, trackId },
    { id: 5n, guild_id: guildId, track_id: trackId, author_id: OTHER, reply_to_id: null },
  );
const typed = plain(
  'TYPING_START',
  { guildId: GUILD, trackId: OPEN },
  { guild_id: GUILD, track_id: OPEN, user_id: OTHER },
);
const revoked = plain('SESSIONS_REVOKE', { userIds: [ME] }, { user_id: ME, session_ids: null });
const banned = plain('BAN_DELETE', { guildId: GUILD, permission: BanMembers }, { guild_id: GUILD, user_id: OTHER });
const renamed = plain('GUILD_UPDATE', { guildId: GUILD }, { id: GUILD });
const joined = (userId: Snowflake, guildId = GUILD): Plain =>
  plain('MEMBER_JOIN', { guildId }, { guild_id: guildId, user_id: userId });
const left = (userId: Snowflake, guildId = GUILD): Plain =>
  plain('MEMBER_LEAVE', { guildId }, { guild_id: guildId, user_id: userId });
const own = (userId: Snowflake): Plain => plain('USER_UPDATE', { userIds: [userId] }, { id: userId });

const logOf = (events: readonly Plain[]): DomainEvent[] =>
  events.map((event, index) => ({ ...event, seq: seqAt(1_790_000_000_000, index + 1) }));
const missed = (events: readonly Plain[], who = reader): MissedEvents => collectMissed(who, START_SEQ, logOf(events));
const indexesIn = ({ events }: MissedEvents): number[] =>
  events.map(({ seq }) => Number(BigInt(seq!) - BigInt(START_SEQ)) - 1);

describe('the missed events of a user', () => {
  it('contain neither events of other users, nor ephemeral events, nor internal events', () =>
    expect(
      indexesIn(missed([own(ME), own(OTHER), said(GUILD, OPEN), said(ELSEWHERE, OPEN), typed, revoked, joined(OTHER)])),
    ).toEqual([0, 2, 6]));

  it('contain no event of a hidden track or for a permission that the user lacks', () =>
    expect(indexesIn(missed([said(GUILD, HIDDEN), banned, said(GUILD, OPEN)]))).toEqual([2]));

  it('contain changes of a message in a track without VIEW_MESSAGE_HISTORY only if they contain the creation of the message', () => {
    expect(indexesIn(missed([said(GUILD, UNREADABLE)]))).toEqual([]);
    expect(indexesIn(missed([sent(GUILD, UNREADABLE), said(GUILD, UNREADABLE)]))).toEqual([0, 1]);
  });

  it('contain only messages that the user may read back after an event that changes the visibility', () => {
    const all = missed([said(GUILD, OPEN), said(GUILD, UNREADABLE), renamed, said(GUILD, UNREADABLE)]);
    expect(indexesIn(all)).toEqual([0, 2]);
    expect(all.changed).toEqual([seat]);
  });

  it('start with the join of the user, and with the guild as a new one', () => {
    const all = missed([said(GUILD, OPEN), renamed, joined(ME), said(GUILD, OPEN)]);
    expect(indexesIn(all)).toEqual([2, 3]);
    expect(all.changed).toEqual([seat]);
  });

  it('contain only the removal of a guild that the user left', () => {
    const all = missed([said(ELSEWHERE, OPEN), left(ME, ELSEWHERE), left(OTHER, GUILD)]);
    expect([indexesIn(all), all.leftIds, all.changed]).toEqual([[2], [ELSEWHERE], []]);
    expect(missed([left(ME), joined(ME)]).leftIds).toEqual([]);
  });

  it('contain no read state of a track that the user may not read now, or of a guild that the user left', () => {
    const read = (guildId: Snowflake, trackId: Snowflake): Plain =>
      plain('READ_STATE_UPDATE', { userIds: [ME] }, { guild_id: guildId, track_id: trackId });
    expect(
      indexesIn(missed([read(GUILD, HIDDEN), read(GUILD, UNREADABLE), read(ELSEWHERE, OPEN), read(GUILD, OPEN)])),
    ).toEqual([3]);
  });

  it('contain nothing from the time after the user left, if the user joined again and the log does not contain the join yet', () =>
    expect(indexesIn(missed([left(ME), said(GUILD, OPEN), sent(GUILD, UNREADABLE), joined(OTHER)]))).toEqual([]));

  it('contain no message from before a recent join without VIEW_MESSAGE_HISTORY, if the log does not contain the join', () => {
    const recent = { ...seat, member: { ...seat.member, _id: lowestAt(new Date(timeOf(START_SEQ) + 1)) } };
    expect(indexesIn(missed([sent(GUILD, UNREADABLE), sent(GUILD, OPEN)], { ...reader, seats: [recent] }))).toEqual([
      1,
    ]);
  });

  it('state the whole role order after several roles that were created, and create no role that was deleted before', () => {
    const role = (name: 'ROLE_CREATE' | 'ROLE_DELETE', id: Snowflake): Plain =>
      plain(name, { guildId: GUILD }, { id, role_id: id, guild_id: GUILD });
    const names = (events: readonly Plain[]): string[] => missed(events).events.map(({ name }) => name);
    expect(names([role('ROLE_CREATE', 21n), joined(OTHER)])).toEqual(['ROLE_CREATE', 'MEMBER_JOIN']);
    expect(names([role('ROLE_CREATE', 21n), role('ROLE_CREATE', 22n), joined(OTHER)])).toEqual([
      'ROLE_CREATE',
      'ROLE_CREATE',
      'ROLES_REORDER',
      'MEMBER_JOIN',
    ]);
    expect(names([role('ROLE_DELETE', 21n), role('ROLE_CREATE', 21n)])).toEqual(['ROLE_DELETE']);
  });

  it('contain events of the selected intents only', () => {
    const all = missed([said(GUILD, OPEN), renamed, own(ME), left(ME, ELSEWHERE)], {
      ...reader,
      intents: intentsFor(['messages']),
    });
    expect([indexesIn(all), all.leftIds, all.changed]).toEqual([[0], [], []]);
  });
});

describe('any sequence of events', () => {
  const quiet = fc.constantFrom(
    said(GUILD, OPEN),
    said(GUILD, UNREADABLE),
    said(GUILD, HIDDEN),
    said(ELSEWHERE, OPEN),
    typed,
    revoked,
    banned,
    own(ME),
    own(OTHER),
    joined(OTHER),
    left(OTHER),
  );
  const any = fc.oneof(quiet, fc.constantFrom(renamed, joined(ME), left(ME), left(ME, ELSEWHERE)));

  it('is replayed equally in one or in several parts, as long as no event changes the visibility', () =>
    fc.assert(
      fc.property(fc.array(quiet, { maxLength: 30 }), fc.nat(30), (events, cut) => {
        const log = logOf(events);
        const parts = [log.slice(0, cut), log.slice(cut)].flatMap(
          (part) => collectMissed(reader, START_SEQ, part).events,
        );
        expect(parts).toEqual(collectMissed(reader, START_SEQ, log).events);
      }),
    ));

  it('is replayed in order, without duplicates, hidden tracks, events of other users, and events from before the join', () =>
    fc.assert(
      fc.property(fc.array(any, { maxLength: 30 }), (events) => {
        const indexes = indexesIn(missed(events));
        expect(indexes).toEqual([...new Set(indexes)].toSorted((a, b) => a - b));
        const told = indexes.map((index) => events[index]!);
        for (const forbidden of [said(GUILD, HIDDEN), said(ELSEWHERE, OPEN), own(OTHER), typed, revoked, banned])
          expect(told).not.toContainEqual(forbidden);
        const joinedAt = events.findLastIndex(
          ({ name, data }) => name === 'MEMBER_JOIN' && 'user_id' in data && data.user_id === ME,
        );
        expect(indexes.filter((index) => index < joinedAt && 'guildId' in events[index]!.audience)).toEqual([]);
      }),
    ));
});
