import type { PresenceStatus } from './presence.dto';
import { Presences } from './presences';

const GRACE_MS = 5_000;
const ADA = 1n;

describe('presences', () => {
  let presences: Presences;
  let seen: PresenceStatus[];
  let own: PresenceStatus[];
  beforeEach(() => {
    jest.useFakeTimers();
    presences = new Presences(GRACE_MS);
    [seen, own] = [[], []];
    presences.onChange((id) => seen.push(presences.statusOf(id)));
    presences.onOwnChange((id) => own.push(presences.ownStatusOf(id)));
  });
  afterEach(() => {
    presences.stop();
    jest.useRealTimers();
  });

  const connect = (choice: 'online' | 'invisible' = 'online'): void => {
    presences.arrive(ADA);
    presences.learn(ADA, choice);
  };

  it('count sockets, and end a while after the last', () => {
    connect();
    connect();
    presences.depart(ADA);
    jest.advanceTimersByTime(2 * GRACE_MS);
    presences.depart(ADA);
    jest.advanceTimersByTime(GRACE_MS - 1);
    expect(seen).toEqual(['online']);
    jest.advanceTimersByTime(1);
    expect(seen).toEqual(['online', 'offline']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('do not notice who comes back at once', () => {
    connect();
    presences.depart(ADA);
    jest.advanceTimersByTime(GRACE_MS - 1);
    connect();
    jest.advanceTimersByTime(2 * GRACE_MS);
    expect(seen).toEqual(['online']);
  });

  it('let each go in their own time', () => {
    for (const id of [1n, 2n, 3n]) {
      presences.arrive(id);
      presences.learn(id, 'online');
    }
    presences.depart(1n);
    jest.advanceTimersByTime(2_000);
    presences.depart(2n);
    jest.advanceTimersByTime(GRACE_MS - 2_000);
    expect([1n, 2n, 3n].map((id) => presences.statusOf(id))).toEqual(['offline', 'online', 'online']);
    jest.advanceTimersByTime(2_000);
    expect([1n, 2n, 3n].map((id) => presences.statusOf(id))).toEqual(['offline', 'offline', 'online']);
  });

  it('believe what was chosen rather than what was read before', () => {
    presences.arrive(ADA);
    presences.choose(ADA, 'invisible');
    presences.learn(ADA, 'online');
    expect([presences.statusOf(ADA), seen]).toEqual(['offline', []]);
  });

  it('say nothing at all about who is invisible, come or go', () => {
    connect('invisible');
    connect('invisible');
    presences.depart(ADA);
    presences.depart(ADA);
    jest.advanceTimersByTime(2 * GRACE_MS);
    expect([seen, own, presences.own.size]).toEqual([[], [], 0]);
  });

  it('are the same while somebody is seen because of any node', () => {
    connect();
    presences.hear('other', new Map([[ADA, 'online']]));
    presences.depart(ADA);
    jest.advanceTimersByTime(GRACE_MS);
    expect([seen, own]).toEqual([['online'], ['online', 'offline']]);
    presences.hear('other', new Map([[ADA, 'offline']]));
    expect(seen).toEqual(['online', 'offline']);
  });

  it('of another node are exactly those that it tells when it tells all', () => {
    presences.hear('other', new Map([[1n, 'online'], [2n, 'idle']]));
    presences.hear('third', new Map([[1n, 'dnd']]));
    presences.hearAll('other', new Map([[3n, 'dnd']]));
    expect([1n, 2n, 3n].map((id) => presences.statusOf(id))).toEqual(['dnd', 'offline', 'dnd']);
    presences.hearAll('third', new Map());
    expect(presences.statusOf(1n)).toBe('offline');
  });
});
