import { Logger } from '@nestjs/common';
import { SecurityLog } from './security-log';

describe('SecurityLog', () => {
  const lines: unknown[] = [];
  beforeAll(() => {
    const write = (message: unknown): void => void lines.push(message);
    Logger.overrideLogger({ log: write, error: write, warn: write });
  });
  beforeEach(() => lines.splice(0));
  afterAll(() => Logger.overrideLogger(true));

  it('writes one line for each event, without the fields that are unknown', () => {
    const log = new SecurityLog();
    log.record({ action: 'login', userId: 5n, address: '192.0.2.1' });
    log.record({ action: 'login_failed', address: '192.0.2.1' });
    expect(lines).toEqual([
      { action: 'login', user_id: '5', address: '192.0.2.1' },
      { action: 'login_failed', address: '192.0.2.1' },
    ]);
  });

  it('writes frequent events once per second for each subject, and counts the others', () => {
    const log = new SecurityLog();
    for (const nowMs of [0, 1, 2, 999, 1_000])
      log.recordOften({ action: 'rate_limited', userId: 5n, detail: 'user' }, nowMs);
    log.recordOften({ action: 'rate_limited', userId: 6n, detail: 'user' }, 1_000);
    expect(lines).toEqual([
      { action: 'rate_limited', user_id: '5', detail: 'user' },
      { action: 'rate_limited', user_id: '5', detail: 'user', suppressed: 3 },
      { action: 'rate_limited', user_id: '6', detail: 'user' },
    ]);
  });

  it('writes at most 50 frequent events per second for all subjects, and then the number of omitted events', () => {
    const log = new SecurityLog();
    for (let user = 1n; user <= 80n; user += 1n)
      log.recordOften({ action: 'rate_limited', userId: user, detail: 'user' }, 10);
    expect(lines).toHaveLength(50);
    log.recordOften({ action: 'rate_limited', userId: 99n, detail: 'user' }, 1_010);
    expect(lines.slice(50)).toEqual([
      { action: 'omitted', suppressed: 30 },
      { action: 'rate_limited', user_id: '99', detail: 'user' },
    ]);
  });
});
