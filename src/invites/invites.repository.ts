import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { WriteConflict } from '../common/common.errors';
import { freeSlot } from '../common/free-slot';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import { MODELS } from '../database/database.module';
import { duplicateKey } from '../database/duplicate-key';
import { insert } from '../database/insert';
import type { InviteDocument } from './invite.schema';
import { InviteLimitReached, MemberInviteLimitReached } from './invites.errors';

const ATTEMPTS = 50;
const SLOT_FIELDS = { slot: 1, inviter_id: 1, inviter_slot: 1, max_uses: 1, uses: 1, expires_at: 1 } as const;

type Occupant = Pick<
  InviteDocument,
  '_id' | 'inviter_id' | 'max_uses' | 'uses' | 'expires_at' | 'slot' | 'inviter_slot'
>;

/**
 * Stored invites.
 *
 * The limits of a guild and of a member are conditions of the insert: each invite occupies a numbered slot of its guild
 * and a numbered slot of its inviter, and unique indexes reject an occupied slot. Deleting an invite, also when it
 * expires, frees both slots, so that no separate counter can become wrong.
 */
@Injectable()
export class InvitesRepository {
  constructor(@InjectModel(MODELS.invite) private readonly invites: Model<InviteDocument>) {}

  /** Stores an invite. @throws InviteLimitReached, MemberInviteLimitReached, WriteConflict */
  async create(invite: InviteDocument): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const slots = await this.findFreeSlots(invite);
      try {
        await insert(this.invites, { ...invite, ...slots });
        return;
      } catch (error) {
        // Another invite took one of the slots in the meantime: try again.
        if (!duplicateKey(error)) throw error;
      }
    }
    throw new WriteConflict();
  }

  /** Returns the invites of a guild, or of one inviter in it, ordered by code. */
  list(guildId: Snowflake, inviterId?: Snowflake): Promise<InviteDocument[]> {
    return this.invites
      .find({ guild_id: guildId, ...(inviterId !== undefined && { inviter_id: inviterId }) })
      .sort({ _id: 1 })
      .batchSize(LIMITS.invites + 1)
      .lean<InviteDocument[]>()
      .exec();
  }

  private async findFreeSlots({
    guild_id,
    inviter_id,
  }: InviteDocument): Promise<Required<Pick<InviteDocument, 'slot' | 'inviter_slot'>>> {
    const occupants = await this.occupants(guild_id);
    const own = occupants.filter((invite) => invite.inviter_id === inviter_id);
    const slot = freeSlot(slotsOf(occupants, 'slot'), LIMITS.invites);
    const inviterSlot = freeSlot(slotsOf(own, 'inviter_slot'), LIMITS.invitesPerMember);
    if (slot !== undefined && inviterSlot !== undefined) return { slot, inviter_slot: inviterSlot };
    const deleted = await this.deleteUnusable(occupants);
    if (deleted > 0) return this.findFreeSlots({ guild_id, inviter_id } as InviteDocument);
    throw inviterSlot === undefined ? new MemberInviteLimitReached() : new InviteLimitReached();
  }

  private occupants(guildId: Snowflake): Promise<Occupant[]> {
    return this.invites
      .find({ guild_id: guildId }, SLOT_FIELDS)
      .batchSize(LIMITS.invites + 1)
      .lean<Occupant[]>()
      .exec();
  }

  /** Deletes invites that can no longer be used. An expired invite stays expired; a used-up invite is deleted only if no use was returned meanwhile. */
  private async deleteUnusable(invites: readonly Occupant[]): Promise<number> {
    const unusable = invites.filter((invite) => !isUsable(invite));
    const results = await Promise.all(unusable.map(({ _id, uses }) => this.invites.deleteOne({ _id, uses })));
    return results.reduce((sum, { deletedCount }) => sum + deletedCount, 0);
  }
}

const slotsOf = (invites: readonly Occupant[], field: 'slot' | 'inviter_slot'): number[] =>
  invites.flatMap((invite) => invite[field] ?? []);

/** Returns whether an invite can be accepted: it is neither expired nor used up. */
export const isUsable = ({
  max_uses,
  uses,
  expires_at,
}: Pick<InviteDocument, 'max_uses' | 'uses' | 'expires_at'>): boolean =>
  (max_uses === 0 || uses < max_uses) && (expires_at === null || expires_at.getTime() > Date.now());
