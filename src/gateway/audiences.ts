import type { Snowflake } from '../common/snowflake';
import { type Family, type Intents, isChosen } from '../events/families';
import type { MemberDocument } from '../members/member.schema';
import { namedIn } from '../permissions/guild-state';
import type { ClientSocket } from './connection';
import { type GuildView, Sight } from './sight';

/** Sockets whose users have the same permissions everywhere in a guild. Those of them that want the same events share a room. */
export class Audience {
  private readonly counts = new Map<Intents, number>();
  private seen: Sight;

  /** @param member anyone of them: their answer is everyone's */
  constructor(
    readonly key: string,
    private readonly member: MemberDocument,
    view: GuildView,
  ) {
    this.seen = new Sight(member, view);
  }

  get isEmpty(): boolean {
    return this.counts.size === 0;
  }

  /** What these users see. */
  get sight(): Sight {
    return this.seen;
  }

  /** The rooms of those who want events of a family. */
  roomsFor(family: Family | undefined): string[] {
    return [...this.counts.keys()].filter((intents) => family === undefined || isChosen(intents, family)).map((intents) => this.room(intents));
  }

  /** Takes a socket in. */
  enter(socket: ClientSocket): void {
    const { intents } = socket.data;
    this.counts.set(intents, (this.counts.get(intents) ?? 0) + 1);
    void socket.join(this.room(intents));
  }

  /** Lets a socket go that is in. */
  leave(socket: ClientSocket): void {
    const { intents } = socket.data;
    const count = (this.counts.get(intents) ?? 0) - 1;
    if (count > 0) this.counts.set(intents, count);
    else this.counts.delete(intents);
    void socket.leave(this.room(intents));
  }

  /** Sees the guild as it now is. */
  look(view: GuildView): void {
    this.seen = new Sight(this.member, view);
  }

  private room(intents: Intents): string {
    return `${this.key}:${intents}`;
  }
}

/** What is in the one set and not in the other. */
export function changes(before: ReadonlySet<Snowflake>, after: ReadonlySet<Snowflake>): { appeared: Snowflake[]; disappeared: Snowflake[] } {
  return { appeared: [...after].filter((id) => !before.has(id)), disappeared: [...before].filter((id) => !after.has(id)) };
}

/** The key of a member's audience: that of everybody with the same roles, unless something speaks about them alone. */
export function audienceKeyOf({ guild_id, user_id, role_ids, timed_out_until }: MemberDocument, { state, tracks }: GuildView): string {
  const isAlone = state.guild.owner_id === user_id || timed_out_until !== null || namedIn(tracks).has(user_id);
  return isAlone ? `${guild_id}:user:${user_id}` : `${guild_id}:roles:${role_ids.map(String).sort().join(',')}`;
}
