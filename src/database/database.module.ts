import { type DynamicModule, Global, Injectable, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { getConnectionToken, InjectConnection, MongooseModule } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import { CommandCounter } from './command-counter';
import { NewestIds } from './newest-ids.service';

/** Injection names of the models: `@InjectModel(MODELS.role)`. */
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
  pinList: 'PinList',
  reaction: 'Reaction',
  position: 'Position',
  deletedMessage: 'DeletedMessage',
  invite: 'Invite',
  auditEntry: 'AuditEntry',
} as const;

/** Waits until all indexes exist, so that no request uses a collection without its unique indexes. */
@Injectable()
class Indexes implements OnApplicationBootstrap {
  constructor(@InjectConnection() private readonly connection: Connection) {}

  async onApplicationBootstrap(): Promise<void> {
    for (const model of Object.values(this.connection.models)) await model.init();
  }
}

/** The connection to the database. Each feature registers its models with `MongooseModule.forFeature`. */
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
      exports: [CommandCounter],
    };
  }
}
