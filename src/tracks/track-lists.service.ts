import { Injectable } from '@nestjs/common';
import { EncodedJson } from '../common/encoded-json';
import type { GuildAuthority } from '../permissions/authority';
import { RoleSetPermissions } from '../permissions/guild-permissions';
import type { GuildState, GuildTracks } from '../permissions/guild-state';
import { viewerKeyOf, viewerOf } from '../permissions/viewer';
import { visibleTracksJson } from './track-list-json';

const MAX_BYTES = 64 * 1_024 * 1_024;
/** What an entry costs besides its list, in bytes. */
const ENTRY_BYTES = 1_024;

interface CachedList {
  // Held weakly: the list of a viewer who does not return must not keep the documents of an old version.
  readonly state: WeakRef<GuildState>;
  readonly tracks: WeakRef<GuildTracks>;
  readonly list: EncodedJson;
}

/**
 * Caches encoded track lists by viewer: one for all members with the same roles, and one for each member with individual permissions. A list is used
 * only for the state of the guild and the tracks that it was computed from, so that no change needs an invalidation.
 */
@Injectable()
export class TrackLists {
  private readonly lists = new Map<string, CachedList>();
  private bytes = 0;

  /** Returns the tracks that a member may view, in order, as encoded JSON. */
  of(authority: GuildAuthority, tracks: GuildTracks): EncodedJson {
    const { state, member } = authority;
    // A timeout ends without a change of the guild.
    if (member.timed_out_until !== null) return encode(visibleTracksJson(authority, tracks));
    const viewer = viewerOf(member, { state, tracks });
    const key = viewerKeyOf(state.guild._id, viewer);
    const existing = this.lists.get(key);
    if (existing?.state.deref() === state && existing.tracks.deref() === tracks) return existing.list;
    const permissions = viewer.member ? authority : new RoleSetPermissions(state, viewer.roleIds);
    const list = encode(visibleTracksJson(permissions, tracks));
    this.replace(key, { state: new WeakRef(state), tracks: new WeakRef(tracks), list });
    return list;
  }

  private replace(key: string, entry: CachedList): void {
    this.remove(key);
    this.lists.set(key, entry);
    this.bytes += costOf(entry);
    for (const oldest of this.lists.keys()) {
      if (this.bytes <= MAX_BYTES) return;
      this.remove(oldest);
    }
  }

  private remove(key: string): void {
    const entry = this.lists.get(key);
    if (!entry) return;
    this.lists.delete(key);
    this.bytes -= costOf(entry);
  }
}

const encode = (json: string): EncodedJson => new EncodedJson(Buffer.from(json));

const costOf = ({ list }: CachedList): number => list.bytes.length + ENTRY_BYTES;
