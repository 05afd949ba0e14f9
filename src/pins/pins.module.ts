import { Module } from '@nestjs/common';
import { AuditLogModule } from '../audit/audit-log.module';
import { MessagesModule } from '../messages/messages.module';
import { PinListModule } from './pin-list.module';
import { PinsController } from './pins.controller';
import { PinsService } from './pins.service';

/** Messages that are kept at hand. */
@Module({ imports: [AuditLogModule, PinListModule, MessagesModule], controllers: [PinsController], providers: [PinsService] })
export class PinsModule {}
