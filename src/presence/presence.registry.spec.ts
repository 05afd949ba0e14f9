import type { PresenceStatus } from './presence.dto';
import { PresenceRegistry } from './presence.registry';

const GRACE_MS = 5_000;
const ADA = 1n;

describe('the presence registry', () => {
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

  it('counts sockets, and removes a presence a while after the last socket has closed', () => {
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

  it('ignores a user who reconnects at once', () => {
    connect();
    presence.disconnect(ADA);
    jest.advanceTimersByTime(GRACE_MS - 1);
    connect();
    jest.advanceTimersByTime(2 * GRACE_MS);
    expect(seen).toEqual(['online']);
  });

  it("removes each user at the user's own time", () => {
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

  it('prefers a status that the user has set to one that was read before', () => {
    presence.connect(ADA);
    presence.choose(ADA, 'invisible');
    presence.setInitial(ADA, 'online');
    expect([presence.statusOf(ADA), seen]).toEqual(['offline', []]);
  });

  it('reports neither connect nor disconnect of an invisible user', () => {
    connect('invisible');
    connect('invisible');
    presence.disconnect(ADA);
    presence.disconnect(ADA);
    jest.advanceTimersByTime(2 * GRACE_MS);
    expect([seen, own, presence.own.size]).toEqual([[], [], 0]);
  });

  it('reports no change while the user is connected to any node', () => {
    connect();
    presence.applyRemote('other', new Map([[ADA, 'online']]));
    presence.disconnect(ADA);
    jest.advanceTimersByTime(GRACE_MS);
    expect([seen, own]).toEqual([['online'], ['online', 'offline']]);
    presence.applyRemote('other', new Map([[ADA, 'offline']]));
    expect(seen).toEqual(['online', 'offline']);
  });

  it('replaces the presences of another node by the complete list of that node', () => {
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
