import { Permission } from '../permissions/compute-permissions';
import type { DemoAccounts } from './demo-accounts';
import type { Narrator } from './narrator';
import type { Fields, Visitor } from './visitor';

const FLOOD = 300;
const DELIVERY_MS = 150;

const { DeleteMessages, KickMembers, ManageRoles, ViewTrack, CreateMessage } = Permission;

const bits = (...permissions: bigint[]): string =>
  permissions.reduce((all, permission) => all | permission, 0n).toString();
const delivery = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, DELIVERY_MS));

/** The demo: from an empty guild to a delivered message, a demoted moderator and a disconnected flooder. */
export async function runStory(narrator: Narrator, accounts: DemoAccounts): Promise<void> {
  const [ada, mo, eve] = await narrator.step('Three people sign in and connect', async () => {
    const people = [await accounts.signIn('ada'), await accounts.signIn('mo'), await accounts.signIn('eve')] as const;
    for (const person of people) await person.connect();
    narrator.say('ada, mo and eve have accounts, and READY on their sockets');
    return people;
  });
  const people = [ada, mo, eve];
  try {
    await live(narrator, ada, mo, eve);
  } finally {
    for (const person of people) person.close();
  }
}

async function live(narrator: Narrator, ada: Visitor, mo: Visitor, eve: Visitor): Promise<void> {
  const { guild, general, staff } = await narrator.step('Ada makes a guild with a second track', () => found(ada));
  const roles = await narrator.step('She makes three roles', () => makeRoles(ada, guild));
  await narrator.step('She invites the others, who join', async () => {
    const { code } = await ada.must('POST', `/tracks/${general}/invites`, { max_uses: 2 });
    for (const person of [mo, eve]) {
      await person.must('POST', `/invites/${String(code)}`);
      await person.waitFor('GUILD_CREATE', ({ id }) => id === guild);
    }
    narrator.claim(
      'the invite is used up after two',
      (await eve.ask('GET', `/invites/${String(code)}`)).status === 404,
    );
  });
  await narrator.step('Mo becomes a moderator, Eve a guest', async () => {
    await ada.must('PUT', `/guilds/${guild}/members/${mo.id}/roles/${roles.moderator}`);
    await ada.must('PUT', `/guilds/${guild}/members/${eve.id}/roles/${roles.guest}`);
    const refused = await mo.ask('POST', `/guilds/${guild}/roles`, {
      name: 'mine',
      allow: bits(Permission.Administrator),
    });
    narrator.claim('Mo can’t make a role with more than he has', refused.body.code === 'PERMISSIONS_NOT_HELD');
  });
  await narrator.step('Ada moves a role: one write, one event, one entry in the audit log', async () => {
    await ada.must('PATCH', `/guilds/${guild}/roles`, [{ id: roles.quiet, position: 4 }]);
    const { role_ids: order } = await eve.waitFor('ROLES_REORDER');
    narrator.claim(
      'everybody is told the new order',
      JSON.stringify(order) === JSON.stringify([guild, roles.guest, roles.moderator, roles.quiet]),
    );
  });
  await narrator.step('A higher role takes away what a lower one gives', async () => {
    await ada.must('PUT', `/guilds/${guild}/members/${eve.id}/roles/${roles.quiet}`);
    narrator.claim(
      'Eve may not write with the role “quiet”',
      (await eve.ask('POST', `/tracks/${general}/messages`, { content: 'mmh' })).status === 403,
    );
    const { bits: reasons } = await eve.must('GET', `/guilds/${guild}/permissions/@me?explain=true`);
    const why = (reasons as Fields[]).find(({ permission }) => permission === 'CREATE_MESSAGE');
    narrator.claim('and is told which role it was', (why?.['decided_by'] as Fields)['role_id'] === roles.quiet);
    await ada.must('DELETE', `/guilds/${guild}/members/${eve.id}/roles/${roles.quiet}`);
  });
  await narrator.step('The staff track is hidden from guests', async () => {
    await ada.must('PUT', `/tracks/${staff}/overwrites/${roles.guest}`, {
      type: 'role',
      allow: '0',
      deny: bits(ViewTrack),
    });
    await eve.waitFor('TRACK_DELETE', ({ track_id }) => track_id === staff);
    const tracks = (await eve.must('GET', `/guilds/${guild}/tracks`)) as unknown as Fields[];
    narrator.claim(
      'for Eve it does not exist',
      !tracks.some(({ id }) => id === staff) && (await eve.ask('GET', `/tracks/${staff}`)).status === 404,
    );
  });
  await narrator.step('A message reaches exactly those who may see it', async () => {
    await ada.must('POST', `/tracks/${staff}/messages`, { content: 'for the staff' });
    const isIt = ({ content }: Fields): boolean => content === 'for the staff';
    await mo.waitFor('MESSAGE_CREATE', isIt);
    await delivery();
    narrator.claim('Mo has it, Eve does not', !eve.hasReceived('MESSAGE_CREATE', isIt));
  });
  const [first, second] = await narrator.step('Eve says two things', async () => [
    String((await eve.must('POST', `/tracks/${general}/messages`, { content: 'one' })).id),
    String((await eve.must('POST', `/tracks/${general}/messages`, { content: 'two' })).id),
  ]);
  await narrator.step('A moderator is demoted, and at once can’t do what he could a second ago', async () => {
    narrator.claim(
      'Mo deletes Eve’s first message',
      (await mo.ask('DELETE', `/tracks/${general}/messages/${first}`)).status === 204,
    );
    await ada.must('DELETE', `/guilds/${guild}/members/${mo.id}/roles/${roles.moderator}`);
    narrator.claim(
      'and not the second any more',
      (await mo.ask('DELETE', `/tracks/${general}/messages/${second}`)).body.code === 'PERMISSIONS_MISSING',
    );
  });
  await narrator.step(`Eve floods the gateway with ${FLOOD} packets`, async () => {
    for (let sent = 0; sent < FLOOD; sent += 1) eve.emit('typing.start', { track_id: general });
    const { code, reason, retry_after: retryAfter } = await eve.waitFor('CLOSING');
    narrator.claim(
      `she is told why (${String(code)}: ${String(reason)} Come back in ${String(retryAfter)} s)`,
      code === 4004,
    );
    narrator.claim('and thrown off', await eve.isDisconnected());
    await ada.must('POST', `/tracks/${general}/messages`, { content: 'quiet again' });
    await mo.waitFor('MESSAGE_CREATE', ({ content }) => content === 'quiet again');
    narrator.claim('while the others go on', ada.isConnected && mo.isConnected);
  });
  await narrator.step('Ada deletes the guild', async () => {
    await ada.must('DELETE', `/guilds/${guild}`);
    await mo.waitFor('GUILD_DELETE', ({ id }) => id === guild);
    narrator.claim('and it is gone for everybody', (await mo.ask('GET', `/guilds/${guild}`)).status === 404);
  });
}

const idOf = (object: Fields | undefined): string => String(object?.['id']);

async function found(ada: Visitor): Promise<{ guild: string; general: string; staff: string }> {
  const guild = idOf(await ada.must('POST', '/guilds', { name: 'Analytical Engines' }));
  const tracks = (await ada.must('GET', `/guilds/${guild}/tracks`)) as unknown as Fields[];
  const staff = idOf(await ada.must('POST', `/guilds/${guild}/tracks`, { name: 'staff' }));
  return { guild, general: idOf(tracks[1]), staff };
}

async function makeRoles(ada: Visitor, guild: string): Promise<{ guest: string; moderator: string; quiet: string }> {
  const make = async (name: string, position: number, allow: string, deny = '0'): Promise<string> =>
    idOf(await ada.must('POST', `/guilds/${guild}/roles`, { name, allow, deny, position }));
  return {
    guest: await make('guest', 2, '0'),
    quiet: await make('quiet', 3, '0', bits(CreateMessage)),
    moderator: await make('moderator', 4, bits(DeleteMessages, KickMembers, ManageRoles)),
  };
}
