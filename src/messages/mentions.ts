import { LIMITS } from '../common/limits';
import { parseSnowflake, type Snowflake } from '../common/snowflake';

/** Whom a message mentions. */
export interface Mentions {
  readonly user_ids: readonly Snowflake[];
  readonly role_ids: readonly Snowflake[];
  readonly everyone: boolean;
}

/** What the writer of a message may do here. */
export interface MentionRights {
  readonly mayMentionEveryone: boolean;
  /** Whether there is such a role, and they may mention it. */
  readonly mayMentionRole: (id: Snowflake) => boolean;
}

/** Nobody at all. */
export const NO_MENTIONS: Mentions = { user_ids: [], role_ids: [], everyone: false };

const CODE = /```[^]*?```|`[^`\n]+`/g;
const MENTION = /<@(&?)(\d{1,19})>|(?<![\w@])@everyone\b/g;

/**
 * Whom a text mentions: `<@USER_ID>`, `<@&ROLE_ID>` and `@everyone`, outside of code. What its writer may not mention is just text, and so is
 * whatever comes after as many different users and roles as a message may mention.
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

/** The ids that mentions are found by: of users, of roles, and the guild's own for everyone. */
export const mentionIds = ({ user_ids, role_ids, everyone }: Mentions, guildId: Snowflake): Snowflake[] => [
  ...user_ids,
  ...role_ids,
  ...(everyone ? [guildId] : []),
];
