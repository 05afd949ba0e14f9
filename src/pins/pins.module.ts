import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module';
import { MessagesModule } from '../messages/messages.module';
import { PinsRepositoryModule } from './pins.repository.module';
import { PinsController } from './pins.controller';
import { PinsService } from './pins.service';

/** Messages that are kept at hand. */
@Module({
  imports: [AuditModule, PinsRepositoryModule, MessagesModule],
  controllers: [PinsController],
  providers: [PinsService],
})
export class PinsModule {}
