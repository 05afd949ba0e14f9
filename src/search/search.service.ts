import { Injectable } from '@nestjs/common';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import type { MessageDocument } from '../messages/message.schema';
import { MessageSearchRepository } from '../messages/message-search.repository';
import { MessagesService } from '../messages/messages.service';
import { has, NO_PERMISSIONS, Permission, union } from '../permissions/compute-permissions';
import type { GuildAuthority } from '../permissions/authority';
import { AuthorityResolver } from '../permissions/authority-resolver';
import { PermissionsMissing, TrackNotFound } from '../permissions/permissions.errors';
import { CandidateScan } from './candidate-scan';
import { meetsAll, parseExpression, type TextCondition } from './search-expression';
import { filterConditions } from './search-filters';
import type { SearchQuery, SearchResultDto } from './search.dto';

const READABLE = union(Permission.ViewTrack, Permission.ViewMessageHistory);

/** The choices of terms whose first page is read to find the rarest. */
const MAX_PROBED = 4;

/** Finds messages by text and filters. */
@Injectable()
export class SearchService {
  constructor(
    private readonly resolver: AuthorityResolver,
    private readonly messages: MessagesService,
    private readonly repository: MessageSearchRepository,
  ) {}

  /**
   * Returns the newest messages that meet all conditions, in the tracks whose history the member may read.
   *
   * Only these tracks are read, so that neither the result nor the time nor the cursor depends on the others. Candidates come from the index, by the
   * rarest term of the search: a first page of each of the longest terms tells how rare it is. Candidates are compared with all conditions until the
   * page is full, there are no more, or as much was read as one request may cost; then `before` of the result goes on from there.
   *
   * @throws TrackNotFound if the member may not view the track
   * @throws PermissionsMissing if the member may not read its history
   */
  async search(authority: GuildAuthority, query: SearchQuery): Promise<SearchResultDto> {
    const trackIds = await this.readable(authority, query.track_id);
    const text = query.q === undefined ? [] : parseExpression(query.q);
    const filters = filterConditions(
      query,
      { userId: authority.userId, guildId: authority.guildId, roleIds: authority.member.role_ids },
      trackIds.length,
    );
    const meets = (message: MessageDocument): boolean =>
      filters.every((filter) => filter.meets(message)) &&
      meetsAll(text, { terms: message.terms ?? [], content: message.content });
    const choices = [...filters.map(({ anyOf }) => anyOf), ...longestTerms(text).map((term) => [term])].slice(
      0,
      MAX_PROBED,
    );
    const { terms, page } = await this.rarest(trackIds, choices, query.before);
    const scan = new CandidateScan({ limit: query.limit, after: query.after, meets });
    for (let candidates = page; scan.read(candidates);)
      candidates = await this.repository.newest({ trackIds, terms, before: scan.cursor, limit: LIMITS.page });
    return this.resultOf(authority, scan.found, scan.isComplete ? null : (scan.cursor ?? null));
  }

  /** Reads the first page of candidates of each choice, and returns the choice that reaches back farthest: its terms are the rarest. */
  private async rarest(
    trackIds: readonly Snowflake[],
    choices: readonly (readonly string[])[],
    before: Snowflake | undefined,
  ): Promise<{ terms: readonly string[]; page: MessageDocument[] }> {
    const probes = await Promise.all(
      (choices.length > 0 ? choices : [[]]).map(async (terms) => ({
        terms,
        page: await this.repository.newest({ trackIds, terms, before, limit: LIMITS.page }),
      })),
    );
    return probes.reduce((best, probe) => (isRarer(probe.page, best.page) ? probe : best));
  }

  private async resultOf(
    { userId }: GuildAuthority,
    found: readonly MessageDocument[],
    before: Snowflake | null,
  ): Promise<SearchResultDto> {
    return { messages: await this.messages.seenBy(userId, found), before };
  }

  private async readable(authority: GuildAuthority, trackId: Snowflake | undefined): Promise<Snowflake[]> {
    const tracks = await this.resolver.getTracksOfGuild(authority.guildId);
    if (trackId === undefined)
      return [...tracks.values()]
        .filter((track) => track.type === 'text' && has(authority.permissionsIn(track, tracks), READABLE))
        .map(({ _id }) => _id);
    const track = tracks.get(trackId);
    const permissions = track ? authority.permissionsIn(track, tracks) : NO_PERMISSIONS;
    if (!has(permissions, Permission.ViewTrack)) throw new TrackNotFound();
    if (!has(permissions, READABLE)) throw new PermissionsMissing(Permission.ViewMessageHistory);
    return [trackId];
  }
}

const isFull = (page: readonly MessageDocument[]): boolean => page.length >= LIMITS.page;

function isRarer(page: readonly MessageDocument[], other: readonly MessageDocument[]): boolean {
  if (!isFull(page) || !isFull(other)) return page.length < other.length;
  return (page.at(-1)?._id ?? 0n) < (other.at(-1)?._id ?? 0n);
}

const longestTerms = (conditions: readonly TextCondition[]): string[] =>
  [...new Set(conditions.flatMap(({ terms }) => terms))].sort((a, b) => b.length - a.length);
