import { EventBuffer } from './event-buffer';
import { InMemoryCacheVersions } from '../cache/cache-versions';
import { Heartbeat } from './heartbeat';
import { LocalEventLog } from './local-event-log';

describe('the heartbeat', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const setUp = (): { log: LocalEventLog; beats: () => number } => {
    let beats = 0;
    const log = new LocalEventLog(new InMemoryCacheVersions(), new EventBuffer(60_000), (error) => {
      throw error;
    });
    log.subscribe(({ name }) => void (beats += Number(name === 'HEARTBEAT')));
    return { log, beats: () => beats };
  };

  it('is published at the start and then at the interval', async () => {
    const { log, beats } = setUp();
    const heartbeat = new Heartbeat(log, 1_000);
    heartbeat.start();
    await jest.advanceTimersByTimeAsync(5_500);
    const before = beats();
    expect(before).toBeGreaterThanOrEqual(6);
    expect(before).toBeLessThanOrEqual(8);
    heartbeat.stop();
    await jest.advanceTimersByTimeAsync(5_000);
    expect(beats()).toBe(before);
  });

  it('is published once for all nodes that share a log', async () => {
    const { log, beats } = setUp();
    const heartbeats = Array.from({ length: 5 }, () => new Heartbeat(log, 1_000));
    for (const heartbeat of heartbeats) heartbeat.start();
    await jest.advanceTimersByTimeAsync(20_000);
    expect(beats()).toBeGreaterThanOrEqual(5 + 19);
    expect(beats()).toBeLessThan(5 + 40);
  });
});
