import { LIMITS } from '../../common/limits';
import type { GuildState, GuildTracks } from '../../permissions/guild-state';
import type { Packet } from '../transport/client-socket';
import { type MemberGuild, snapshotOf } from '../dispatch/guild-snapshots.service';
import type { GuildSnapshotView } from '../dispatch/member-view';

// What each takes as JSON beside its texts, when the numbers in it are long.
const GUILD_BYTES = 500;
const ROLE_BYTES = 220;
const TRACK_BYTES = 260;
const OVERWRITE_BYTES = 80;

const bytesOfState = new WeakMap<GuildState, { readonly tracks: GuildTracks; readonly bytes: number }>();

/** Estimates the bytes of a guild's snapshot with all of its tracks. Computed once for each state of the guild. */
export function encodedBytes({ view }: MemberGuild): number {
  const existing = bytesOfState.get(view.state);
  if (existing?.tracks === view.tracks) return existing.bytes;
  const bytes = estimateBytes(view);
  bytesOfState.set(view.state, { tracks: view.tracks, bytes });
  return bytes;
}

function estimateBytes({ state, tracks }: GuildSnapshotView): number {
  const { name, description } = state.guild;
  const ofRoles = state.roles.map((role) => ROLE_BYTES + Buffer.byteLength(role.name));
  const ofTracks = [...tracks.values()].map(
    (track) =>
      TRACK_BYTES +
      Buffer.byteLength(track.name) +
      Buffer.byteLength(track.topic) +
      track.overwrites.length * OVERWRITE_BYTES,
  );
  return [...ofRoles, ...ofTracks].reduce(
    (sum, bytes) => sum + bytes,
    GUILD_BYTES + Buffer.byteLength(name) + Buffer.byteLength(description),
  );
}

/** How guilds are told: each at once; or, when that is more than anybody should have to read at once, without its tracks, and then these one by one. */
export function* guildCreatePackets(seats: readonly MemberGuild[], seq?: string): Generator<Packet> {
  for (const seat of seats) {
    const guild = snapshotOf(seat);
    const isLong = encodedBytes(seat) > LIMITS.toldAtOnceBytes;
    yield { name: 'GUILD_CREATE', data: isLong ? { ...guild, tracks: [] } : guild, seq };
    if (isLong) for (const track of guild.tracks) yield { name: 'TRACK_CREATE', data: track, seq };
  }
}

/** The guilds that fit into so many bytes, in their order, and the others. */
export function takeWhileFits(
  mostBytes: number,
  seats: readonly MemberGuild[],
): { readonly first: readonly MemberGuild[]; readonly others: readonly MemberGuild[] } {
  const [first, others]: [MemberGuild[], MemberGuild[]] = [[], []];
  let bytes = 0;
  for (const seat of seats) {
    const more = encodedBytes(seat);
    const fits = bytes + more <= mostBytes;
    if (fits) bytes += more;
    (fits ? first : others).push(seat);
  }
  return { first, others };
}
