import { Global, Module } from '@nestjs/common';
import { ThrottlerModule } from '@nestjs/throttler';
import { BadTokens } from './bad-tokens';
import { Buckets, LocalBuckets } from './buckets';

/** Rate limits of REST, and the buckets that REST and gateway share. */
@Global()
@Module({
  // The rules are ours, named and counted by RateGuard; what the library brings is the storage behind them.
  imports: [ThrottlerModule.forRoot([])],
  providers: [{ provide: Buckets, useFactory: () => new LocalBuckets() }, BadTokens],
  exports: [ThrottlerModule, Buckets, BadTokens],
})
export class ThrottlingModule {}
