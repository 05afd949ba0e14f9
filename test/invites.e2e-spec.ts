import { getModelToken } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { LIMITS } from '../src/common/limits';
import { MODELS } from '../src/database/database.module';
import type { InviteDocument } from '../src/invites/invite.schema';
import { Permission } from '../src/permissions/compute-permissions';
import { type Answer, of } from './support/answer';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

const CONCURRENT = 12;

describe('limits of invites', () => {
  let world: World;
  let guild: GuildWorld;
  let mo: Person;
  beforeAll(async () => (world = await World.start()));
  afterAll(() => world.stop());
  beforeEach(async () => {
    guild = await world.guild({
      roles: { gate: { allow: Permission.DeleteInvites } },
      members: { mo: [], gate: ['gate'] },
    });
    mo = guild.members['mo']!;
    await invites().deleteMany({ guild_id: BigInt(guild.id) });
  });

  const invites = (): Model<InviteDocument> => world.app.get(getModelToken(MODELS.invite));
  const create = (who: Person, invite: object = {}): Promise<Answer> =>
    who.post(`/tracks/${guild.track}/invites`, invite);
  const codeOf = ({ body }: Answer): string => of<{ code: string }>(body).code;

  /** Stores usable invites of other members directly, from slot 0 upwards. */
  async function fill(
    count: number,
    inviterId: string | undefined,
    fields: Partial<InviteDocument> = {},
  ): Promise<void> {
    const documents = Array.from({ length: count }, (_, slot) => ({
      _id: `filled-${guild.id}-${slot}`.slice(-32),
      guild_id: BigInt(guild.id),
      track_id: BigInt(guild.track),
      inviter_id: inviterId === undefined ? BigInt(1 + Math.floor(slot / LIMITS.invitesPerMember)) : BigInt(inviterId),
      max_uses: 0,
      uses: 0,
      created_at: new Date(),
      expires_at: null,
      slot,
      inviter_slot: slot % LIMITS.invitesPerMember,
      ...fields,
    }));
    await invites().insertMany(documents);
  }

  const outcomes = (answers: readonly Answer[]): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const { status, body } of answers) {
      const outcome = status === 201 ? 'created' : of<{ code: string }>(body).code;
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    }
    return counts;
  };

  it('admits exactly one of many concurrent creations when the guild has room for one, and room appears with a deletion', async () => {
    await fill(LIMITS.invites - 1, undefined);
    const answers = await Promise.all(
      Array.from({ length: CONCURRENT }, (_, turn) => create(turn % 2 ? mo : guild.owner)),
    );
    expect(outcomes(answers)).toEqual({ created: 1, INVITE_LIMIT_REACHED: CONCURRENT - 1 });
    expect(of<unknown[]>((await guild.owner.get(`/guilds/${guild.id}/invites`)).body)).toHaveLength(LIMITS.invites);
    expect(
      (await guild.members['gate']!.delete(`/invites/${codeOf(answers.find(({ status }) => status === 201)!)}`)).status,
    ).toBe(204);
    expect((await create(mo)).status).toBe(201);
    expect((await create(mo)).body).toMatchObject({ code: 'INVITE_LIMIT_REACHED', limit: LIMITS.invites });
  });

  it('admits exactly one of many concurrent creations of a member with room for one, and does not affect other members', async () => {
    await fill(LIMITS.invitesPerMember - 1, mo.id);
    const answers = await Promise.all(Array.from({ length: CONCURRENT }, () => create(mo)));
    expect(outcomes(answers)).toEqual({ created: 1, MEMBER_INVITE_LIMIT_REACHED: CONCURRENT - 1 });
    expect((await create(guild.owner)).status).toBe(201);
    const own = of<{ code: string; inviter_id: string }[]>(
      (await mo.get(`/users/@me/guilds/${guild.id}/invites`)).body,
    );
    expect(own).toHaveLength(LIMITS.invitesPerMember);
    expect(new Set(own.map(({ inviter_id }) => inviter_id))).toEqual(new Set([mo.id]));
    expect((await mo.delete(`/invites/${own[0]!.code}`)).status).toBe(204);
    expect((await create(mo)).status).toBe(201);
  });

  it.each([
    ['used-up', { max_uses: 1, uses: 1 }],
    ['expired', { expires_at: new Date(0) }],
  ])('does not count %s invites', async (_, fields) => {
    await fill(LIMITS.invites, undefined, fields);
    expect((await create(mo)).status).toBe(201);
    await invites().deleteMany({ guild_id: BigInt(guild.id) });
    await fill(LIMITS.invitesPerMember, mo.id, fields);
    expect((await create(mo)).status).toBe(201);
  });

  it('does not count an invite whose last use was accepted', async () => {
    await fill(LIMITS.invites - 1, undefined);
    const { code } = of<{ code: string }>((await create(mo, { max_uses: 1 })).body);
    expect((await create(mo)).status).toBe(409);
    expect((await (await world.person('guest')).post(`/invites/${code}`)).status).toBe(200);
    expect((await create(mo)).status).toBe(201);
  });

  it('counts many concurrent creations without rejecting any while there is room', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, (_, turn) => create(turn % 2 ? mo : guild.owner)));
    expect(outcomes(answers)).toEqual({ created: 40 });
  });
});
