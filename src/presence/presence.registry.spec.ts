import type { PresenceStatus } from './presence.dto';
import { PresenceRegistry } from './presence.registry';

const GRACE_MS = 5_000;
const ADA = 1n;

describe('presences', () => {
  let presence: PresenceRegistry;
  let seen: PresenceStatus[];
  let own: PresenceStatus[];
  beforeEach(() => {
    jest.useFakeTimers();
    presence = new PresenceRegistry(GRACE_MS);
    [seen, own] = [[], []];
    presence.onChange((id) => seen.push(presence.statusOf(id)));
    presence.onOwnChange((id) => own.push(presence.ownStatusOf(id)));
  });
  afterEach(() => {
    presence.stop();
    jest.useRealTimers();
  });

  const connect = (choice: 'online' | 'invisible' = 'online'): void => {
    presence.connect(ADA);
    presence.setInitial(ADA, choice);
  };

  it('count sockets, and end a while after the last', () => {
    connect();
    connect();
    presence.disconnect(ADA);
    jest.advanceTimersByTime(2 * GRACE_MS);
    presence.disconnect(ADA);
    jest.advanceTimersByTime(GRACE_MS - 1);
    expect(seen).toEqual(['online']);
    jest.advanceTimersByTime(1);
    expect(seen).toEqual(['online', 'offline']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('do not notice who comes back at once', () => {
    connect();
    presence.disconnect(ADA);
    jest.advanceTimersByTime(GRACE_MS - 1);
    connect();
    jest.advanceTimersByTime(2 * GRACE_MS);
    expect(seen).toEqual(['online']);
  });

  it('let each go in their own time', () => {
    for (const id of [1n, 2n, 3n]) {
      presence.connect(id);
      presence.setInitial(id, 'online');
    }
    presence.disconnect(1n);
    jest.advanceTimersByTime(2_000);
    presence.disconnect(2n);
    jest.advanceTimersByTime(GRACE_MS - 2_000);
    expect([1n, 2n, 3n].map((id) => presence.statusOf(id))).toEqual(['offline', 'online', 'online']);
    jest.advanceTimersByTime(2_000);
    expect([1n, 2n, 3n].map((id) => presence.statusOf(id))).toEqual(['offline', 'offline', 'online']);
  });

  it('believe what was chosen rather than what was read before', () => {
    presence.connect(ADA);
    presence.choose(ADA, 'invisible');
    presence.setInitial(ADA, 'online');
    expect([presence.statusOf(ADA), seen]).toEqual(['offline', []]);
  });

  it('say nothing at all about who is invisible, come or go', () => {
    connect('invisible');
    connect('invisible');
    presence.disconnect(ADA);
    presence.disconnect(ADA);
    jest.advanceTimersByTime(2 * GRACE_MS);
    expect([seen, own, presence.own.size]).toEqual([[], [], 0]);
  });

  it('are the same while somebody is seen because of any node', () => {
    connect();
    presence.applyRemote('other', new Map([[ADA, 'online']]));
    presence.disconnect(ADA);
    jest.advanceTimersByTime(GRACE_MS);
    expect([seen, own]).toEqual([['online'], ['online', 'offline']]);
    presence.applyRemote('other', new Map([[ADA, 'offline']]));
    expect(seen).toEqual(['online', 'offline']);
  });

  it('of another node are exactly those that it tells when it tells all', () => {
    presence.applyRemote(
      'other',
      new Map([
        [1n, 'online'],
        [2n, 'idle'],
      ]),
    );
    presence.applyRemote('third', new Map([[1n, 'dnd']]));
    presence.replaceRemote('other', new Map([[3n, 'dnd']]));
    expect([1n, 2n, 3n].map((id) => presence.statusOf(id))).toEqual(['dnd', 'offline', 'dnd']);
    presence.replaceRemote('third', new Map());
    expect(presence.statusOf(1n)).toBe('offline');
  });
});
