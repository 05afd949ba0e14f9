import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '../config/config';
import { UsersModule } from '../users/users.module';
import { PresenceExchange } from './presence-exchange';
import { PresenceController } from './presence.controller';
import { PresenceService } from './presence.service';
import { Presences } from './presences';

const SECOND_MS = 1_000;

/** Who is there, and what they want to look like. */
@Module({
  imports: [UsersModule],
  controllers: [PresenceController],
  providers: [{ provide: Presences, inject: [Config], useFactory: (config: Config) => new Presences(config.get('PRESENCE_GRACE_SECONDS') * SECOND_MS) }, PresenceService, PresenceExchange],
  exports: [Presences, PresenceService],
})
export class PresenceModule implements OnApplicationShutdown {
  constructor(@Inject(Presences) private readonly presences: Presences) {}

  onApplicationShutdown(): void {
    this.presences.stop();
  }
}
