import { LIMITS } from '../../common/limits';
import type { GuildState, GuildTracks } from '../../permissions/guild-state';
import type { Packet } from '../transport/client-socket';
import { type MemberGuild, snapshotOf } from '../dispatch/guild-snapshots.service';
import type { GuildSnapshotView } from '../dispatch/member-view';

// JSON size in bytes without texts, with ids of maximum length.
const GUILD_BYTES = 500;
const ROLE_BYTES = 220;
const TRACK_BYTES = 260;
const OVERWRITE_BYTES = 80;

const bytesOfState = new WeakMap<GuildState, { readonly tracks: GuildTracks; readonly bytes: number }>();

/** Estimates the size in bytes of a guild's snapshot with all of its tracks. Cached per state of the guild. */
export function encodedBytes({ view }: MemberGuild): number {
  const existing = bytesOfState.get(view.state);
  if (existing?.tracks === view.tracks) return existing.bytes;
  const bytes = estimateBytes(view);
  bytesOfState.set(view.state, { tracks: view.tracks, bytes });
  return bytes;
}

function estimateBytes({ state, tracks }: GuildSnapshotView): number {
  const { name, description } = state.guild;
  const roleSizes = state.roles.map((role) => ROLE_BYTES + Buffer.byteLength(role.name));
  const trackSizes = [...tracks.values()].map(
    (track) =>
      TRACK_BYTES +
      Buffer.byteLength(track.name) +
      Buffer.byteLength(track.topic) +
      track.overwrites.length * OVERWRITE_BYTES,
  );
  return [...roleSizes, ...trackSizes].reduce(
    (sum, bytes) => sum + bytes,
    GUILD_BYTES + Buffer.byteLength(name) + Buffer.byteLength(description),
  );
}

/**
 * Yields the packets that create guilds at the client: one GUILD_CREATE per guild; for a large guild, a GUILD_CREATE
 * without tracks and a TRACK_CREATE for each track.
 */
export function* guildCreatePackets(guilds: readonly MemberGuild[], seq?: string): Generator<Packet> {
  for (const memberGuild of guilds) {
    const guild = snapshotOf(memberGuild);
    const isLong = encodedBytes(memberGuild) > LIMITS.toldAtOnceBytes;
    yield { name: 'GUILD_CREATE', data: isLong ? { ...guild, tracks: [] } : guild, seq };
    if (isLong) for (const track of guild.tracks) yield { name: 'TRACK_CREATE', data: track, seq };
  }
}

/** Splits guilds: those that together fit into `maxBytes`, and the others, both in the given order. */
export function takeWhileFits(
  maxBytes: number,
  guilds: readonly MemberGuild[],
): { readonly first: readonly MemberGuild[]; readonly others: readonly MemberGuild[] } {
  const [first, others]: [MemberGuild[], MemberGuild[]] = [[], []];
  let bytes = 0;
  for (const memberGuild of guilds) {
    const size = encodedBytes(memberGuild);
    const fits = bytes + size <= maxBytes;
    if (fits) bytes += size;
    (fits ? first : others).push(memberGuild);
  }
  return { first, others };
}
