import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Snowflake } from '../common/snowflake';
import { GuildCleanupModule } from './guild-cleanup.module';
import { GuildCleanup } from './guild-cleanup.service';
import { OnGuildDelete } from './on-guild-delete.decorator';

const calls: string[] = [];

@Injectable()
class Content {
  private readonly name = 'content';

  @OnGuildDelete('content')
  async deleteByGuild(guildId: Snowflake): Promise<void> {
    calls.push(`${this.name} ${guildId}`);
  }
}

@Injectable()
class Members {
  @OnGuildDelete('members')
  async deleteByGuild(guildId: Snowflake): Promise<void> {
    await Promise.resolve();
    calls.push(`members ${guildId}`);
  }

  async unmarked(): Promise<void> {
    calls.push('unmarked');
  }
}

@Module({
  imports: [GuildCleanupModule],
  providers: [Content, Members, { provide: 'ALIAS', useExisting: Content }],
})
class TestModule {}

describe('GuildCleanup', () => {
  it('calls each marked method once, with its provider as `this`, those of members first', async () => {
    const app = await NestFactory.createApplicationContext(TestModule, { logger: false });
    await app.get(GuildCleanup, { strict: false }).run(7n);
    expect(calls).toEqual(['members 7', 'content 7']);
    await app.close();
  });
});
