import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { TooMuchContention } from '../common/common.errors';
import { KeyedQueue } from '../common/keyed-queue';
import type { Snowflake } from '../common/snowflake';
import { MODELS } from '../database/database.module';
import { Epochs, guildEpoch } from '../events/epochs';
import { AuthorityResolver } from '../permissions/authority-resolver';
import type { GuildState } from '../permissions/guild-state';
import type { GuildDocument } from './guild.schema';

const ATTEMPTS = 20;
const BACK_OFF_MS = 5;

/** What a commit changes of the guild; `{}` only makes a new version, because something beside it decides permissions differently. */
export type GuildChange = Partial<Pick<GuildDocument, 'name' | 'description' | 'discoverable' | 'owner_id' | 'role_ids' | 'track_layout'>>;

/**
 * Changes what must change together in a guild, with one conditional write.
 *
 * The write is guarded by the guild's version: whoever decided on an older state decides again on the newer one, so
 * neither an order nor a limit nor a permission check is ever based on what is no longer true.
 *
 * @see DESIGN.md, "The guild document is the commit point"
 */
@Injectable()
export class GuildCommits {
  // Commits of one node wait for each other instead of colliding, and their events leave in the order of the versions.
  private readonly queue = new KeyedQueue<Snowflake>();

  constructor(
    private readonly resolver: AuthorityResolver,
    private readonly epochs: Epochs,
    @InjectModel(MODELS.guild) private readonly guilds: Model<GuildDocument>,
  ) {}

  /**
   * Commits what `decide` makes of the guild's state, then tells it. `decide` may run several times and throws to refuse; `null` means
   * that there is nothing to change.
   *
   * @returns the guild as it now is
   * @throws GuildNotFound when there is no such guild
   * @throws TooMuchContention when other nodes were first twenty times in a row
   */
  commit(
    guildId: Snowflake,
    decide: (state: GuildState) => GuildChange | null | Promise<GuildChange | null>,
    tell: (guild: GuildDocument) => Promise<void>,
  ): Promise<GuildDocument> {
    return this.queue.run(guildId, async () => {
      const { guild, changed } = await this.attempt(guildId, decide);
      if (changed) await tell(guild);
      return guild;
    });
  }

  private async attempt(
    guildId: Snowflake,
    decide: (state: GuildState) => GuildChange | null | Promise<GuildChange | null>,
  ): Promise<{ guild: GuildDocument; changed: boolean }> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const state = await this.resolver.stateOfGuild(guildId);
      const change = await decide(state);
      if (change === null) return { guild: state.guild, changed: false };
      const { version } = state.guild;
      const { modifiedCount } = await this.guilds.updateOne({ _id: guildId, version }, { $set: change, $inc: { version: 1 } });
      // Whether it was written or somebody else was first: what is remembered of this guild is from before.
      await this.epochs.advance([guildEpoch(guildId)]);
      if (modifiedCount === 1) return { guild: { ...state.guild, ...change, version: version + 1 }, changed: true };
      await new Promise((resolve) => setTimeout(resolve, Math.random() * BACK_OFF_MS * attempt));
    }
    throw new TooMuchContention();
  }
}
