import { ALL_PERMISSIONS, minus, Permission, union } from '../../src/permissions/compute-permissions';
import { of } from './answer';
import { Random } from './model/random';
import type { Person } from './person';
import type { GuildWorld, World } from './world';

const { AddReactions, Administrator, CreateMessage, ViewMessageHistory, ViewTrack } = Permission;
const THUMB = encodeURIComponent('👍');
const TRACKS = 6;

/** How a track is shown: like its category, to no member, or to managers only. */
type Showing = 'as category' | 'hidden' | 'managers';

interface SecretTrack {
  readonly id: string;
  readonly showing: Showing;
  readonly inherits: boolean;
  readonly category: string | null;
  readonly isWithoutHistory: boolean;
  readonly messages: string[];
}

/** A generated guild in which some categories, tracks and messages are hidden from the observers. Hidden objects stay hidden. */
export class SecretGuild {
  readonly deleted = new Set<string>();
  /** The messages that were sent before the observers connected. */
  readonly early = new Set<string>();

  constructor(
    readonly guild: GuildWorld,
    /** A member with every permission besides ADMINISTRATOR, VIEW_TRACK and VIEW_MESSAGE_HISTORY, and a member without roles. */
    readonly observers: readonly Person[],
    /** A member whom only hidden tracks name. */
    readonly named: Person,
    private readonly hiddenCategories: readonly string[],
    private readonly openCategory: string,
    private readonly tracks: SecretTrack[],
  ) {}

  /** Returns whether the generator leaves a track visible to an observer or the owner. */
  private isVisible({ showing, inherits, category }: SecretTrack, person: Person): boolean {
    if (person === this.guild.owner) return true;
    if (showing === 'as category') return !inherits || category === null || !this.hiddenCategories.includes(category);
    return showing === 'managers' && person === this.observers[0];
  }

  /** Returns the ids of the tracks and categories that a person can view, tracks first. */
  tracksVisibleTo(person: Person): string[] {
    const categories =
      person === this.guild.owner
        ? [this.guild.category, this.openCategory, ...this.hiddenCategories]
        : [this.guild.category, this.openCategory];
    return [
      ...this.tracks.filter((track) => this.isVisible(track, person)).map(({ id }) => id),
      this.guild.track,
      ...categories,
    ].filter((id) => !this.deleted.has(id));
  }

  /** Returns the ids of the messages in a track. */
  messagesIn(track: string): string[] {
    return this.tracks.find(({ id }) => id === track)?.messages ?? [];
  }

  /** Returns every id that a person must not receive. */
  hiddenFrom(person: Person): string[] {
    const hidden = this.tracks.filter((track) => !this.isVisible(track, person));
    const unknown = this.tracks.filter((track) => this.isVisible(track, person) && track.isWithoutHistory);
    return [
      ...this.hiddenCategories,
      ...hidden.flatMap(({ id, messages }) => [id, ...messages]),
      ...unknown.flatMap(({ messages }) => messages.filter((id) => this.early.has(id))),
    ];
  }

  /** Posts the messages from before the observers connect. */
  async postEarly(): Promise<void> {
    for (const track of this.tracks) for (let count = 0; count < 3; count += 1) this.early.add(await this.post(track));
  }

  /** Uses every track and every category in all ways that leave hidden objects hidden. */
  async useAll(): Promise<void> {
    const { owner, id: guildId } = this.guild;
    for (const track of this.tracks) if (!this.deleted.has(track.id)) await this.use(track);
    for (const category of this.hiddenCategories) {
      await owner.patch(`/tracks/${category}`, { name: `renamed ${category.slice(-3)}` });
      await this.overwrite(category, this.named.id, 'member', union(CreateMessage));
    }
    for (const { id, category, inherits } of this.tracks.filter(
      (track) => track.showing === 'as category' && !track.inherits,
    )) {
      await owner.patch(`/tracks/${id}`, {
        parent_id: category === this.openCategory ? this.hiddenCategories[0] : this.openCategory,
        inherits,
      });
      await owner.patch(`/guilds/${guildId}/tracks`, [{ id, parent_id: category, position: 1 }]);
    }
    await owner.patch(`/guilds/${guildId}/roles/${this.guild.roles['low']}`, {
      name: 'renamed',
      color: this.early.size % 7,
    });
    await owner.patch(`/guilds/${guildId}/tracks`, [{ id: this.hiddenCategories[0], position: 1 }]);
  }

  /** Deletes a hidden track, and a hidden category whose tracks don't inherit. */
  async deleteSome(): Promise<void> {
    const { owner } = this.guild;
    const track = this.tracks.find(({ showing }) => showing === 'hidden')!;
    const category = this.hiddenCategories.at(-1)!;
    for (const id of [track.id, category]) {
      expect((await owner.delete(`/tracks/${id}`)).status).toBe(204);
      this.deleted.add(id);
    }
    for (const id of track.messages) this.deleted.add(id);
  }

  private async post({ id, messages }: SecretTrack, reply_to_id?: string): Promise<string> {
    const message = of<{ id: string }>(
      (
        await this.guild.owner.post(`/tracks/${id}/messages`, {
          content: 'secret',
          ...(reply_to_id && { reply_to_id }),
        })
      ).body,
    ).id;
    messages.push(message);
    return message;
  }

  private overwrite(track: string, id: string, type: 'role' | 'member', deny: bigint, allow = 0n): Promise<unknown> {
    return this.guild.owner.put(`/tracks/${track}/overwrites/${id}`, {
      type,
      allow: String(allow),
      deny: String(deny),
    });
  }

  private async use(track: SecretTrack): Promise<void> {
    const { owner } = this.guild;
    const path = `/tracks/${track.id}`;
    const [first, second, third] = track.messages as [string, string, string];
    await this.post(track, first);
    await owner.patch(`${path}/messages/${first}`, { content: `secret, edited <@${this.observers[1]!.id}>` });
    for (const id of [first, second, third]) await owner.put(`${path}/messages/${id}/reactions/${THUMB}/@me`);
    await owner.delete(`${path}/messages/${first}/reactions/${THUMB}/@me`);
    await owner.delete(`${path}/messages/${second}/reactions/${THUMB}`);
    for (const id of [first, second]) await owner.put(`${path}/pins/${id}`);
    await owner.delete(`${path}/pins/${second}`);
    const invite = of<{ code: string }>((await owner.post(`${path}/invites`, {})).body);
    await owner.delete(`/invites/${invite.code}`);
    await owner.post(`${path}/invites`, { max_uses: 2 });
    await owner.post(`${path}/typing`);
    await owner.patch(path, { topic: `secret ${track.messages.length}` });
    await owner.put(`${path}/read-state`, { message_id: second, backwards: true });
    if (track.showing === 'hidden') await this.overwrite(track.id, this.named.id, 'member', CreateMessage);
    const [one, two] = [await this.post(track), await this.post(track)];
    await owner.delete(`${path}/messages/${one}`);
    await owner.post(`${path}/messages/bulk-delete`, { message_ids: [two, await this.post(track)] });
  }
}

/** Generates a guild from a seed. */
export async function secretGuild(world: World, seed: number): Promise<SecretGuild> {
  const random = new Random(seed);
  const allow = minus(ALL_PERMISSIONS, union(Administrator, ViewTrack, ViewMessageHistory));
  const guild = await world.guild({
    roles: { low: { deny: CreateMessage }, manager: { allow } },
    members: { mo: ['manager'], lou: [], named: ['low'], twin: ['low'] },
  });
  const make = async (fields: object): Promise<string> =>
    of<{ id: string }>((await guild.owner.post(`/guilds/${guild.id}/tracks`, { name: 'track', ...fields })).body).id;
  const overwrite = (id: string, { allow: allowed = 0n, deny = 0n, type = 'role' }): object => ({
    id,
    type,
    allow: String(allowed),
    deny: String(deny),
  });
  const closed = overwrite(guild.id, { deny: ViewTrack });
  const named = guild.members['named']!;
  const hiddenCategories = [
    await make({
      type: 'category',
      overwrites: [
        closed,
        overwrite(guild.roles['manager']!, { deny: AddReactions }),
        overwrite(named.id, { deny: CreateMessage, type: 'member' }),
      ],
    }),
    await make({ type: 'category', overwrites: [closed] }),
  ];
  const openCategory = await make({ type: 'category' });
  // The last hidden category is deleted later: no track inherits from it.
  const doomed = await make({
    type: 'category',
    overwrites: [closed, overwrite(guild.roles['low']!, { deny: AddReactions })],
  });
  const tracks: SecretTrack[] = [];
  const add = async (
    showing: Showing,
    category: string | null,
    inherits: boolean,
    isWithoutHistory: boolean,
  ): Promise<void> => {
    const history = isWithoutHistory ? ViewMessageHistory : 0n;
    const deny = showing === 'as category' ? history : history | ViewTrack;
    const overwrites = [
      ...(deny ? [overwrite(guild.id, { deny })] : []),
      ...(showing === 'managers' ? [overwrite(guild.roles['manager']!, { allow: ViewTrack })] : []),
    ];
    tracks.push({
      id: await make({ parent_id: category, inherits, overwrites }),
      showing,
      inherits,
      category,
      isWithoutHistory,
      messages: [],
    });
  };
  await add('as category', null, true, true);
  await add('hidden', null, true, false);
  await add('managers', hiddenCategories[0]!, true, true);
  await add('as category', doomed, false, false);
  await add('as category', hiddenCategories[0]!, true, false);
  for (let count = 0; count < TRACKS - 5; count += 1) {
    await add(
      random.pick(['as category', 'hidden', 'managers'] as const)!,
      random.pick([...hiddenCategories, openCategory, null]) ?? null,
      random.chance(0.7),
      random.chance(0.4),
    );
  }
  const secrets = new SecretGuild(
    guild,
    [guild.members['mo']!, guild.members['lou']!],
    named,
    [...hiddenCategories, doomed],
    openCategory,
    tracks,
  );
  await secrets.postEarly();
  return secrets;
}
