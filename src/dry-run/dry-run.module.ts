import { Module } from '@nestjs/common';
import { MembersModule } from '../members/members.module';
import { ImpactService } from './impact.service';

/** What changes of roles, tracks and overwrites would do to whom. */
@Module({ imports: [MembersModule], providers: [ImpactService], exports: [ImpactService] })
export class DryRunModule {}
