import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { ConfigService } from '../config/config.service';
import { UsersModule } from '../users/users.module';
import { PresenceSync } from './presence-sync';
import { PresenceController } from './presence.controller';
import { PresenceService } from './presence.service';
import { PresenceRegistry } from './presence.registry';

const SECOND_MS = 1_000;

/** Online statuses of users, and the statuses that they choose. */
@Module({
  imports: [UsersModule],
  controllers: [PresenceController],
  providers: [
    {
      provide: PresenceRegistry,
      inject: [ConfigService],
      useFactory: (config: ConfigService) => new PresenceRegistry(config.get('PRESENCE_GRACE_SECONDS') * SECOND_MS),
    },
    PresenceService,
    PresenceSync,
  ],
  exports: [PresenceRegistry, PresenceService],
})
export class PresenceModule implements OnApplicationShutdown {
  constructor(@Inject(PresenceRegistry) private readonly presence: PresenceRegistry) {}

  onApplicationShutdown(): void {
    this.presence.stop();
  }
}
