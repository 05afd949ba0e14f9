import { LIMITS } from '../common/limits';
import { parseSnowflake, type Snowflake } from '../common/snowflake';

/** The users and roles that a message mentions. */
export interface Mentions {
  readonly user_ids: readonly Snowflake[];
  readonly role_ids: readonly Snowflake[];
  readonly everyone: boolean;
}

/** The permissions of an author that decide which mentions count. */
export interface MentionRights {
  readonly mayMentionEveryone: boolean;
  /** Returns whether the role exists and the author may mention it. */
  readonly mayMentionRole: (id: Snowflake) => boolean;
}

export const NO_MENTIONS: Mentions = { user_ids: [], role_ids: [], everyone: false };

const CODE = /```[^]*?```|`[^`\n]+`/g;
const MENTION = /<@(&?)(\d{1,19})>|(?<![\w@])@everyone\b/g;

/**
 * Returns the mentions in a text: `<@USER_ID>`, `<@&ROLE_ID>` and `@everyone`, outside of code. Ignores mentions that
 * the author may not make, and all users and roles beyond the maximum number per message.
 */
export function mentionsIn(content: string, { mayMentionEveryone, mayMentionRole }: MentionRights): Mentions {
  const users = new Set<Snowflake>();
  const roles = new Set<Snowflake>();
  let everyone = false;
  for (const [, isRole, digits] of content.replace(CODE, ' ').matchAll(MENTION)) {
    const id = parseSnowflake(digits);
    if (digits === undefined) everyone ||= mayMentionEveryone;
    else if (id !== undefined && users.size + roles.size < LIMITS.mentions) {
      if (!isRole) users.add(id);
      else if (mayMentionRole(id)) roles.add(id);
    }
  }
  return { user_ids: [...users], role_ids: [...roles], everyone };
}

/** Returns the ids that mentions are indexed by: users, roles, and the guild's id for @everyone. */
export const mentionIds = ({ user_ids, role_ids, everyone }: Mentions, guildId: Snowflake): Snowflake[] => [
  ...user_ids,
  ...role_ids,
  ...(everyone ? [guildId] : []),
];
