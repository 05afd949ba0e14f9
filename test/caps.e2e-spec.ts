import { LIMITS } from '../src/common/limits';
import { type Answer, of } from './support/answer';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

const CONCURRENT = 8;
const BATCH = 20;
const EMOJIS = Array.from({ length: LIMITS.reactionKinds + CONCURRENT }, (_, index) =>
  String.fromCodePoint(0x1f600 + index),
);

type Limit = keyof typeof LIMITS;

/** How objects that a limit counts are created and deleted. */
interface Cap {
  /** How many of them a new situation has. */
  readonly existing: number;
  /** Creates the object with a number. */
  create(situation: GuildWorld, index: number): Promise<Answer>;
  /** Deletes one that was created. */
  remove(situation: GuildWorld, created: Answer, index: number): Promise<Answer>;
  readonly code: string;
}

interface Situation extends GuildWorld {
  readonly messages: readonly string[];
  readonly roleIds: readonly string[];
}

const idOf = ({ body }: Answer): string => of<{ id: string }>(body).id;

const CAPS: Partial<Record<Limit, Cap>> = {
  guilds: {
    existing: 1,
    code: 'GUILD_LIMIT_REACHED',
    create: ({ owner }, index) => owner.post('/guilds', { name: `Guild ${index}` }),
    remove: ({ owner }, created) => owner.delete(`/guilds/${idOf(created)}`),
  },
  roles: {
    existing: 1,
    code: 'ROLE_LIMIT_REACHED',
    create: ({ owner, id }, index) => owner.post(`/guilds/${id}/roles`, { name: `Role ${index}` }),
    remove: ({ owner, id }, created) => owner.delete(`/guilds/${id}/roles/${idOf(created)}`),
  },
  tracks: {
    existing: 2,
    code: 'TRACK_LIMIT_REACHED',
    create: ({ owner, id }, index) => owner.post(`/guilds/${id}/tracks`, { name: `track ${index}` }),
    remove: ({ owner }, created) => owner.delete(`/tracks/${idOf(created)}`),
  },
  tracksInCategory: {
    existing: 1,
    code: 'CATEGORY_FULL',
    create: ({ owner, id, category }, index) =>
      owner.post(`/guilds/${id}/tracks`, { name: `track ${index}`, parent_id: category }),
    remove: ({ owner }, created) => owner.delete(`/tracks/${idOf(created)}`),
  },
  overwrites: {
    existing: 0,
    code: 'OVERWRITE_LIMIT_REACHED',
    create: (situation, index) =>
      situation.owner.put(`/tracks/${situation.track}/overwrites/${(situation as Situation).roleIds[index]}`, {
        type: 'role',
        allow: '0',
        deny: '0',
      }),
    remove: (situation, _, index) =>
      situation.owner.delete(`/tracks/${situation.track}/overwrites/${(situation as Situation).roleIds[index]}`),
  },
  pins: {
    existing: 0,
    code: 'PIN_LIMIT_REACHED',
    create: (situation, index) =>
      situation.owner.put(`/tracks/${situation.track}/pins/${(situation as Situation).messages[index]}`),
    // Deleting the message itself makes room, not only unpinning it.
    remove: (situation, _, index) =>
      situation.owner.delete(`/tracks/${situation.track}/messages/${(situation as Situation).messages[index]}`),
  },
  reactionKinds: {
    existing: 0,
    code: 'REACTION_LIMIT_REACHED',
    create: (situation, index) => situation.owner.put(reactionPath(situation as Situation, index)),
    remove: (situation, _, index) => situation.owner.delete(reactionPath(situation as Situation, index)),
  },
};

const reactionPath = ({ track, messages }: Situation, index: number): string =>
  `/tracks/${track}/messages/${messages[0]}/reactions/${encodeURIComponent(EMOJIS[index]!)}/@me`;

// Caps with a specification of their own: invites, and sessions and known addresses, of which the oldest is removed instead.
const OTHER_CAPS: readonly Limit[] = ['invites', 'invitesPerMember', 'sessions', 'knownAddresses'];
// Limits of one request, response or connection, which count nothing that is stored.
const NO_CAPS =
  /^(username|password|email|userAgent|guildName|guildDescription|nick|timeoutDays|roleName|trackName|trackTopic|slowmodeSeconds|groupsInImpact|namedInGroup|message|nonce|mentions|bulkDelete|term|terms|search|page|unread|deletedCounted|tracksWithMentions|member|subscriptions|requested|inviteMax|ban|audit|body|move|packet|replayed|toldAtOnce|json|rejected|validation|problem)/;

describe('every limit of stored objects', () => {
  let world: World;
  beforeAll(async () => (world = await World.start()));
  afterAll(() => world.stop());

  const inBatches = async (count: number, create: (index: number) => Promise<Answer>): Promise<Answer[]> => {
    const answers: Answer[] = [];
    for (let done = 0; done < count; done += BATCH)
      answers.push(
        ...(await Promise.all(
          Array.from({ length: Math.min(BATCH, count - done) }, (_, index) => create(done + index)),
        )),
      );
    return answers;
  };

  /** A guild, with as many messages and roles as its caps refer to. */
  async function situationFor(limit: Limit): Promise<Situation> {
    const guild = await world.guild();
    const say = (owner: Person) => (index: number) =>
      owner.post(`/tracks/${guild.track}/messages`, { content: `message ${index}` });
    const messages =
      limit === 'pins'
        ? await inBatches(LIMITS.pins + CONCURRENT, say(guild.owner))
        : limit === 'reactionKinds'
          ? [await say(guild.owner)(0)]
          : [];
    const roles =
      limit === 'overwrites'
        ? await inBatches(LIMITS.overwrites + CONCURRENT, (index) =>
            guild.owner.post(`/guilds/${guild.id}/roles`, { name: `Role ${index}` }),
          )
        : [];
    return { ...guild, messages: messages.map(idOf), roleIds: roles.map(idOf) };
  }

  it('is covered by this spec', () => {
    const unknown = Object.keys(LIMITS).filter(
      (limit) => !(limit in CAPS) && !OTHER_CAPS.includes(limit as Limit) && !NO_CAPS.test(limit),
    );
    expect(unknown).toEqual([]);
  });

  it.each(Object.entries(CAPS) as [Limit, Cap][])(
    'admits exactly one of many concurrent creations below its last place, and deleting one makes room: %s',
    async (limit, cap) => {
      const situation = await situationFor(limit);
      const create = (index: number): Promise<Answer> => cap.create(situation, index);
      const below = LIMITS[limit] - 1 - cap.existing;
      const filled = await inBatches(below, create);
      expect(filled.filter(({ status }) => status >= 300)).toEqual([]);
      const indexes = Array.from({ length: CONCURRENT }, (_, turn) => below + turn);
      const answers = await Promise.all(indexes.map(create));
      expect(answers.filter(({ status }) => status < 300)).toHaveLength(1);
      for (const { status, body } of answers)
        if (status >= 300) expect(body).toMatchObject({ code: cap.code, limit: LIMITS[limit] });
      expect((await cap.remove(situation, filled[0]!, 0)).status).toBe(204);
      const next = answers.findIndex(({ status }) => status >= 300);
      expect((await create(indexes[next]!)).status).toBeLessThan(300);
      const another = answers.findLastIndex(({ status }) => status >= 300);
      expect((await create(indexes[another]!)).body).toMatchObject({ code: cap.code });
    },
  );
});
