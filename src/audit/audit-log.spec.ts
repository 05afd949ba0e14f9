import { Logger } from '@nestjs/common';
import { SnowflakeService } from '../common/snowflake.service';
import { AuditLog } from './audit-log';

describe('an audit entry that cannot be written', () => {
  afterEach(() => jest.restoreAllMocks());

  it('is logged as an error while the audited change remains done', async () => {
    const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation();
    // Without a worker id there are no ids, and so nothing is asked of the database.
    const log = new AuditLog(new SnowflakeService(() => undefined), {} as never);
    await expect(
      log.record({ guildId: 1n, userId: 2n }, { action: 'GUILD_UPDATE' }, undefined),
    ).resolves.toBeUndefined();
    expect(logged).toHaveBeenCalledWith(expect.stringContaining('GUILD_UPDATE by 2 in 1'), expect.anything());
  });
});
