import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { AuditModule } from '../audit/audit.module';
import { BansRepositoryModule } from '../bans/bans.repository.module';
import { MembersModule } from '../members/members.module';
import { InvitesController } from './invites.controller';
import { InvitesRepository } from './invites.repository';
import { InvitesService } from './invites.service';
import { MODELS } from '../database/database.module';
import { inviteSchema } from './invite.schema';

/** Ways into guilds. */
@Module({
  imports: [
    MongooseModule.forFeature([{ name: MODELS.invite, schema: inviteSchema }]),
    AuditModule,
    BansRepositoryModule,
    MembersModule,
  ],
  controllers: [InvitesController],
  providers: [InvitesRepository, InvitesService],
  exports: [InvitesService],
})
export class InvitesModule {}
