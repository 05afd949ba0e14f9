import { Module } from '@nestjs/common';
import { AuditLogModule } from '../audit/audit-log.module';
import { MessagesModule } from '../messages/messages.module';
import { PinsRepositoryModule } from './pins.repository.module';
import { PinsController } from './pins.controller';
import { PinsService } from './pins.service';

/** Messages that are kept at hand. */
@Module({
  imports: [AuditLogModule, PinsRepositoryModule, MessagesModule],
  controllers: [PinsController],
  providers: [PinsService],
})
export class PinsModule {}
