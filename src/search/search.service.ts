import { Injectable } from '@nestjs/common';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import type { MessageDocument } from '../messages/message.schema';
import { MessagesByTerm } from '../messages/messages-by-term';
import { MessagesService } from '../messages/messages.service';
import { termsOf } from '../messages/terms';
import { has, NOTHING, Permission, union } from '../permissions/algebra';
import type { GuildAuthority } from '../permissions/authority';
import { AuthorityResolver } from '../permissions/authority-resolver';
import { PermissionsMissing } from '../permissions/permissions.errors';
import { TrackNotFound } from '../tracks/tracks.errors';
import type { SearchQuery, SearchResultDto } from './search.dto';

const READABLE = union(Permission.ViewTrack, Permission.ViewMessageHistory);

/** Finds what was said. */
@Injectable()
export class SearchService {
  constructor(
    private readonly resolver: AuthorityResolver,
    private readonly messages: MessagesService,
    private readonly byTerm: MessagesByTerm,
  ) {}

  /**
   * The newest messages that have all of the words, in the tracks whose history one may read.
   *
   * Only those tracks are looked into, so that neither what is found nor how long it takes nor where it stops depends on the others. Messages with the
   * longest of the words are looked at, a thousand at most; then `before` tells from where to go on.
   *
   * @throws TrackNotFound when the track is not one that they may view
   * @throws PermissionsMissing when they may not read its history
   */
  async search(authority: GuildAuthority, { q, author_id: authorId, track_id: trackId, before, limit }: SearchQuery): Promise<SearchResultDto> {
    const [term, ...others] = termsOf(q).toSorted((one, other) => other.length - one.length);
    const trackIds = await this.readable(authority, trackId);
    const isMeant = ({ author_id, terms = [] }: MessageDocument): boolean => (authorId === undefined || author_id === authorId) && others.every((other) => terms.includes(other));
    const found: MessageDocument[] = [];
    let last = before;
    for (let looked = 0; looked < LIMITS.searchLooked; looked += LIMITS.page) {
      const page = await this.byTerm.newest({ trackIds, term: term ?? '', before: last, limit: LIMITS.page });
      for (const message of page) {
        last = message._id;
        if (isMeant(message)) found.push(message);
        if (found.length === limit) return this.resultOf(authority, found, last);
      }
      if (page.length < LIMITS.page) return this.resultOf(authority, found, null);
    }
    return this.resultOf(authority, found, last ?? null);
  }

  private async resultOf({ userId }: GuildAuthority, found: readonly MessageDocument[], before: Snowflake | null): Promise<SearchResultDto> {
    return { messages: await this.messages.seenBy(userId, found), before };
  }

  private async readable(authority: GuildAuthority, trackId: Snowflake | undefined): Promise<Snowflake[]> {
    const tracks = await this.resolver.tracksOfGuild(authority.guildId);
    if (trackId === undefined) return [...tracks.values()].filter((track) => track.type === 'text' && has(authority.in(track, tracks), READABLE)).map(({ _id }) => _id);
    const track = tracks.get(trackId);
    const permissions = track ? authority.in(track, tracks) : NOTHING;
    if (!has(permissions, Permission.ViewTrack)) throw new TrackNotFound();
    if (!has(permissions, READABLE)) throw new PermissionsMissing(Permission.ViewMessageHistory);
    return [trackId];
  }
}
