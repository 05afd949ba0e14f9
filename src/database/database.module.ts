import { type DynamicModule, Global, Injectable, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { getConnectionToken, InjectConnection, MongooseModule } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import { auditEntrySchema } from '../audit/audit-entry.schema';
import { serverSecretSchema } from '../auth/server-secret.schema';
import { banSchema } from '../bans/ban.schema';
import { guildSchema } from '../guilds/guild.schema';
import { inviteSchema } from '../invites/invite.schema';
import { formerMemberSchema } from '../members/former-member.schema';
import { memberSchema } from '../members/member.schema';
import { roleSetSchema } from '../members/role-set.schema';
import { messageSchema } from '../messages/message.schema';
import { pinListSchema } from '../pins/pin-list.schema';
import { reactionSchema } from '../reactions/reaction.schema';
import { deletedMessageSchema } from '../read-states/deleted-message.schema';
import { readMarkerSchema } from '../read-states/read-marker.schema';
import { roleSchema } from '../roles/role.schema';
import { trackSchema } from '../tracks/track.schema';
import { userSchema } from '../users/user.schema';
import { CommandCounter } from './command-counter';
import { NewestIds } from './newest-ids.service';

/** The names that models are injected by: `@InjectModel(MODELS.role)`. */
export const MODELS = {
  user: 'User',
  serverSecret: 'ServerSecret',
  guild: 'Guild',
  member: 'Member',
  departure: 'Departure',
  ban: 'Ban',
  roleSet: 'RoleSet',
  role: 'Role',
  track: 'Track',
  message: 'Message',
  pinList: 'PinsRepository',
  reaction: 'Reaction',
  position: 'Position',
  deletedMessage: 'DeletedMessage',
  invite: 'Invite',
  auditEntry: 'AuditEntry',
} as const;

const models = MongooseModule.forFeature([
  { name: MODELS.user, schema: userSchema },
  { name: MODELS.serverSecret, schema: serverSecretSchema },
  { name: MODELS.guild, schema: guildSchema },
  { name: MODELS.member, schema: memberSchema },
  { name: MODELS.departure, schema: formerMemberSchema },
  { name: MODELS.ban, schema: banSchema },
  { name: MODELS.roleSet, schema: roleSetSchema },
  { name: MODELS.role, schema: roleSchema },
  { name: MODELS.track, schema: trackSchema },
  { name: MODELS.message, schema: messageSchema },
  { name: MODELS.pinList, schema: pinListSchema },
  { name: MODELS.reaction, schema: reactionSchema },
  { name: MODELS.position, schema: readMarkerSchema },
  { name: MODELS.deletedMessage, schema: deletedMessageSchema },
  { name: MODELS.invite, schema: inviteSchema },
  { name: MODELS.auditEntry, schema: auditEntrySchema },
]);

/** Waits for every index, so that no request meets a collection without its unique ones. */
@Injectable()
class Indexes implements OnApplicationBootstrap {
  constructor(@InjectConnection() private readonly connection: Connection) {}

  async onApplicationBootstrap(): Promise<void> {
    for (const model of Object.values(this.connection.models)) await model.init();
  }
}

/** The connection, and the models of all features. */
@Global()
@Module({})
export class DatabaseModule {
  static at(uri: string): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        MongooseModule.forRoot(uri, {
          useBigInt64: true,
          monitorCommands: true,
          serverSelectionTimeoutMS: 5_000,
          retryAttempts: 0,
        }),
        models,
      ],
      providers: [
        Indexes,
        NewestIds,
        {
          provide: CommandCounter,
          inject: [getConnectionToken()],
          useFactory: (connection: Connection) => CommandCounter.of(connection),
        },
      ],
      exports: [models, CommandCounter],
    };
  }
}
