import '../common/bigint-json';
import fc from 'fast-check';
import { trackRules } from '../../test/support/arbitraries';
import type { MemberDocument } from '../members/member.schema';
import { NO_PERMISSIONS, Permission } from '../permissions/compute-permissions';
import { GuildAuthority } from '../permissions/authority';
import type { GuildState, GuildTracks } from '../permissions/guild-state';
import { TrackLists } from './track-lists.service';
import { visibleTracks } from './track-visibility';
import type { TrackDocument } from './track.schema';

const GUILD_ID = 1n;
const ROLE_IDS = [GUILD_ID, 2n, 3n];

interface Place {
  readonly inCategory: boolean;
  readonly inherits: boolean;
}

const state = (places: readonly Place[], ownerId = 1n): GuildState =>
  ({
    guild: {
      _id: GUILD_ID,
      owner_id: ownerId,
      version: 1,
      role_ids: ROLE_IDS,
      track_layout: places.map(({ inCategory, inherits }, index) => ({
        id: BigInt(1_000 + index),
        parent_id: inCategory && index > 0 ? 1_000n : null,
        inherits,
      })),
    },
    roles: ROLE_IDS.map((_id) => ({
      _id,
      allow: _id === GUILD_ID ? Permission.ViewTrack : NO_PERMISSIONS,
      deny: NO_PERMISSIONS,
    })),
  }) as unknown as GuildState;
const member = (userId: bigint, roleIds: readonly bigint[], timedOutUntil: Date | null = null): MemberDocument =>
  ({
    guild_id: GUILD_ID,
    user_id: userId,
    role_ids: roleIds,
    timed_out_until: timedOutUntil,
  }) as unknown as MemberDocument;

const someTracks = fc.array(
  fc.record({
    rules: trackRules,
    inCategory: fc.boolean(),
    name: fc.string({ unit: 'grapheme' }),
    topic: fc.string({ unit: 'grapheme' }),
  }),
  { minLength: 1, maxLength: 6 },
);
const someMembers = fc.array(
  fc.record({
    userId: fc.constantFrom(100n, 101n, 102n, 103n),
    roleIds: fc.subarray([2n, 3n]),
    isTimedOut: fc.boolean(),
  }),
  { minLength: 1, maxLength: 8 },
);

describe('TrackLists', () => {
  it('returns to every member exactly the tracks that the permissions of this member show, in any order of requests', () => {
    fc.assert(
      fc.property(someTracks, someMembers, fc.constantFrom(100n, 999n), (described, members, ownerId) => {
        // The category holds the tracks that follow it.
        const sorted = [
          ...described.slice(0, 1),
          ...described.slice(1).toSorted((a, b) => Number(b.inCategory) - Number(a.inCategory)),
        ];
        const guild = state(
          sorted.map(({ inCategory, rules: { inherits } }) => ({ inCategory, inherits })),
          ownerId,
        );
        const tracks: GuildTracks = new Map(
          sorted.map(({ rules: { overwrites }, name, topic }, index) => [
            BigInt(1_000 + index),
            {
              _id: BigInt(1_000 + index),
              guild_id: GUILD_ID,
              type: index === 0 ? 'category' : 'text',
              name,
              topic,
              nsfw: false,
              slowmode_seconds: index,
              overwrites,
              revision: 1,
            } as unknown as TrackDocument,
          ]),
        );
        const lists = new TrackLists();
        for (const { userId, roleIds, isTimedOut } of members) {
          const authority = new GuildAuthority(
            guild,
            member(userId, roleIds, isTimedOut ? new Date(Date.now() + 60_000) : null),
            undefined,
            Date.now(),
          );
          const expected = JSON.stringify(visibleTracks(authority, tracks));
          expect(lists.of(authority, tracks).bytes.toString()).toBe(expected);
        }
      }),
    );
  });

  it('shares the list of members with the same roles, and computes it again for other tracks or another state', () => {
    const lists = new TrackLists();
    const guild = state([{ inCategory: false, inherits: true }], 999n);
    const document = {
      _id: 1_000n,
      guild_id: GUILD_ID,
      type: 'text',
      name: 'a',
      topic: '',
      nsfw: false,
      slowmode_seconds: 0,
      overwrites: [],
      revision: 1,
    } as unknown as TrackDocument;
    const tracks: GuildTracks = new Map([[1_000n, document]]);
    const of = (userId: bigint, shown: GuildTracks, under = guild): unknown =>
      lists.of(new GuildAuthority(under, member(userId, [2n]), undefined, Date.now()), shown);
    const list = of(100n, tracks);
    expect(of(101n, tracks)).toBe(list);
    expect(of(101n, new Map(tracks))).not.toBe(list);
    expect(of(101n, tracks, { ...guild })).not.toBe(list);
  });
});
