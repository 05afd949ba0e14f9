import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { MODELS } from '../database/database.module';
import { GuildNotFound } from '../permissions/permissions.errors';
import { AuthorityResolver } from '../permissions/authority-resolver';
import type { MemberDocument } from './member.schema';

/**
 * Removes roles from a member that were deleted while the member document was written.
 *
 * Deleting a role first removes it from the role order of the guild and then from all members. A member document that is written after that
 * removal is checked here, against the role order at this moment; one that is written before is found by the removal.
 */
@Injectable()
export class DeletedRolesService {
  constructor(
    private readonly resolver: AuthorityResolver,
    @InjectModel(MODELS.member) private readonly members: Model<MemberDocument>,
  ) {}

  /** Returns the member as given if all roles exist, otherwise the stored member without the deleted roles. Costs no command if the guild is cached and all roles exist. */
  async removeFrom(member: MemberDocument): Promise<MemberDocument> {
    if (member.role_ids.length === 0) return member;
    const existing = new Set(await this.roleIds(member));
    const deleted = member.role_ids.filter((id) => !existing.has(id));
    if (deleted.length === 0) return member;
    const { _id } = member;
    const stored = await this.members
      .findOneAndUpdate({ _id }, { $pull: { role_ids: { $in: deleted } } }, { returnDocument: 'after' })
      .lean<MemberDocument | null>();
    return stored ?? { ...member, role_ids: member.role_ids.filter((id) => existing.has(id)) };
  }

  // The members of a deleted guild are deleted with their roles.
  private async roleIds({ guild_id, role_ids }: MemberDocument): Promise<MemberDocument['role_ids']> {
    try {
      return (await this.resolver.getGuildState(guild_id)).guild.role_ids;
    } catch (error) {
      if (error instanceof GuildNotFound) return role_ids;
      throw error;
    }
  }
}
