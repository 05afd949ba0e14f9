import { Permission } from '../src/permissions/compute-permissions';
import { actionsSeenBy, hide, invite, makeTrack, read, say, THUMB } from './support/audit-log';
import { type GuildWorld, World } from './support/world';

const { Administrator, CreateMessage, KickMembers, ManageRoles, ModifyGuild, ViewAuditLog, ViewTrack } = Permission;

let world: World;
beforeAll(async () => (world = await World.start()));
afterAll(() => world.stop());

describe('an audit entry about a track', () => {
  const withAuditor = (): Promise<GuildWorld> =>
    world.guild({
      roles: { auditor: { allow: ViewAuditLog }, admin: { allow: Administrator } },
      members: { mo: ['auditor'], ada: ['admin'], low: [] },
    });

  /** All that can be done in a track and is recorded, while it is there. */
  const useAll = async (guild: GuildWorld, track: string): Promise<void> => {
    const { owner, roles } = guild;
    await owner.patch(`/tracks/${track}`, { name: 'used' });
    await owner.put(`/tracks/${track}/overwrites/${roles['auditor']}`, {
      type: 'role',
      allow: '0',
      deny: String(CreateMessage),
    });
    await owner.delete(`/tracks/${track}/overwrites/${roles['auditor']}`);
    await owner.patch(`/guilds/${guild.id}/tracks`, [{ id: track, parent_id: guild.category }]);
    await owner.delete(`/invites/${await invite(guild, track)}`);
    const [first, second] = [await say(guild.members['ada']!, track), await say(guild.members['ada']!, track)];
    await owner.put(`/tracks/${track}/messages/${first}/reactions/${THUMB}/@me`);
    await owner.delete(`/tracks/${track}/messages/${first}/reactions/${THUMB}`);
    await owner.put(`/tracks/${track}/pins/${first}`);
    await owner.delete(`/tracks/${track}/pins/${first}`);
    await owner.delete(`/tracks/${track}/messages/${first}`);
    await owner.post(`/tracks/${track}/messages/bulk-delete`, { message_ids: [first, second] });
  };
  const USES = [
    'MESSAGES_DELETE',
    'MESSAGE_DELETE',
    'PIN_REMOVE',
    'PIN_ADD',
    'REACTIONS_CLEAR',
    'INVITE_DELETE',
    'INVITE_CREATE',
    'TRACKS_REORDER',
    'OVERWRITE_DELETE',
    'OVERWRITE_UPDATE',
    'TRACK_UPDATE',
    'TRACK_CREATE',
  ];

  it('is readable for users who can view the track now, and for users with ADMINISTRATOR, whatever the permissions were at the time', async () => {
    const guild = await withAuditor();
    const [mo, ada] = [guild.members['mo']!, guild.members['ada']!];
    const before = await read(mo, guild);
    const track = await makeTrack(guild, {
      overwrites: [{ id: guild.id, type: 'role', allow: '0', deny: String(ViewTrack) }],
    });
    await useAll(guild, track);
    expect(await read(mo, guild)).toEqual(before);
    for (const action of new Set(USES))
      expect(await read(mo, guild, `action=${action}`)).toEqual(before.filter((entry) => entry.action === action));
    expect(await read(mo, guild, `user_id=${guild.owner.id}&limit=3`)).toEqual(before.slice(0, 3));
    expect((await actionsSeenBy(ada, guild)).slice(0, USES.length)).toEqual(USES);

    await guild.owner.delete(`/tracks/${track}/overwrites/${guild.id}`);
    expect((await actionsSeenBy(mo, guild)).slice(0, USES.length + 1)).toEqual(['OVERWRITE_DELETE', ...USES]);
    expect(JSON.stringify(await read(mo, guild))).toContain(track);

    await hide(guild, track);
    expect(await read(mo, guild)).toEqual(before);
    expect(JSON.stringify(await read(mo, guild))).not.toContain(track);
    expect(await actionsSeenBy(guild.owner, guild)).toEqual(await actionsSeenBy(ada, guild));
  });

  it('omits the tracks that the reader cannot see, if it is about several tracks', async () => {
    const guild = await withAuditor();
    const mo = guild.members['mo']!;
    const [shown, hidden, category] = [
      await makeTrack(guild, {}),
      await makeTrack(guild, {}),
      await makeTrack(guild, { type: 'category' }),
    ];
    await guild.owner.patch(`/guilds/${guild.id}/tracks`, [
      { id: shown, parent_id: category, inherits: false },
      { id: hidden, parent_id: guild.category },
    ]);
    expect((await read(mo, guild))[0]).toMatchObject({
      action: 'TRACKS_REORDER',
      track_ids: [shown, hidden],
      changes: expect.arrayContaining([
        { id: shown, key: 'parent_id', old: null, new: category },
        { id: hidden, key: 'position', old: 3, new: 2 },
      ]) as unknown,
    });

    await hide(guild, hidden);
    await hide(guild, category);
    const [reorder] = await read(mo, guild, 'action=TRACKS_REORDER');
    // Neither the category that it was put into, nor any place that is counted among hidden ones.
    expect(reorder).toMatchObject({
      track_ids: [shown],
      changes: [{ id: shown, key: 'inherits', old: true, new: false }],
    });
    expect((await read(guild.owner, guild, 'action=TRACKS_REORDER'))[0]).toMatchObject({
      track_ids: [shown, hidden],
      changes: expect.arrayContaining([{ id: shown, key: 'parent_id', old: null, new: category }]) as unknown,
    });

    await hide(guild, shown);
    expect(await read(mo, guild, 'action=TRACKS_REORDER')).toEqual([]);
  });

  it('has null for a category that the reader cannot see, and no position', async () => {
    const guild = await withAuditor();
    const mo = guild.members['mo']!;
    const category = await makeTrack(guild, { type: 'category' });
    const track = await makeTrack(guild, { parent_id: category, inherits: false });
    await guild.owner.patch(`/tracks/${track}`, { parent_id: guild.category });
    await hide(guild, category);
    const [update] = await read(mo, guild, 'action=TRACK_UPDATE');
    expect(update).toMatchObject({ changes: [{ key: 'parent_id', old: null, new: guild.category }] });
    const created = (await read(mo, guild, 'action=TRACK_CREATE')).find(({ target_id }) => target_id === track)!;
    expect(created.changes.map(({ key }) => key)).not.toEqual(expect.arrayContaining(['parent_id', 'position']));
  });

  it('is readable for all readers of the log after the deletion of a track that was visible to every member, otherwise for users with ADMINISTRATOR', async () => {
    const guild = await withAuditor();
    const [mo, ada] = [guild.members['mo']!, guild.members['ada']!];
    const [open, hidden, halfOpen, inHidden, category] = [
      await makeTrack(guild, {}),
      await makeTrack(guild, {}),
      await makeTrack(guild, {}),
      await makeTrack(guild, {}),
      await makeTrack(guild, { type: 'category' }),
    ];
    await hide(guild, hidden);
    await guild.owner.put(`/tracks/${halfOpen}/overwrites/${guild.members['low']!.id}`, {
      type: 'member',
      allow: '0',
      deny: String(ViewTrack),
    });
    await hide(guild, category);
    await guild.owner.patch(`/tracks/${inHidden}`, { parent_id: category });
    for (const track of [open, hidden, halfOpen, inHidden]) await guild.owner.delete(`/tracks/${track}`);
    expect((await read(mo, guild, 'action=TRACK_DELETE')).map(({ target_id }) => target_id)).toEqual([open]);
    expect((await read(ada, guild, 'action=TRACK_DELETE')).map(({ target_id }) => target_id)).toEqual([
      inHidden,
      halfOpen,
      hidden,
      open,
    ]);
    // Other changes of the track are listed for readers who see all tracks.
    expect(JSON.stringify(await read(mo, guild, 'action=TRACK_CREATE'))).not.toContain(open);
    expect(JSON.stringify(await read(ada, guild, 'action=TRACK_CREATE'))).toContain(open);
  });

  it('is not readable for users who have lost ADMINISTRATOR or VIEW_AUDIT_LOG', async () => {
    const guild = await withAuditor();
    const ada = guild.members['ada']!;
    const track = await makeTrack(guild, {});
    await hide(guild, track);
    expect(JSON.stringify(await read(ada, guild))).toContain(track);
    await guild.owner.patch(`/guilds/${guild.id}/roles/${guild.roles['admin']}`, {
      allow: String(ViewAuditLog | ManageRoles | ModifyGuild | KickMembers),
    });
    expect(JSON.stringify(await read(ada, guild))).not.toContain(track);
    await guild.owner.delete(`/guilds/${guild.id}/members/${ada.id}/roles/${guild.roles['admin']}`);
    expect((await ada.get(`/guilds/${guild.id}/audit-log`)).status).toBe(403);
  });
});
