import { Module } from '@nestjs/common';
import { MembersModule } from '../members/members.module';
import { ImpactService } from './impact.service';

/** Dry runs: the effect of a change of roles, tracks or overwrites on the permissions of members. */
@Module({ imports: [MembersModule], providers: [ImpactService], exports: [ImpactService] })
export class DryRunModule {}
