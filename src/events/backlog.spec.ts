import fc from 'fast-check';
import { Backlog } from './backlog';
import type { DomainEvent } from './event-log';
import { before, seqAt, timeOf } from './seq';

const event = (seq: string): DomainEvent => ({ seq, name: 'EVENTS_LOST', audience: { userIds: [] }, data: { user_ids: null } });
const seqs = (events: readonly DomainEvent[] | undefined): string[] | undefined => events?.map(({ seq }) => seq);

describe('a place in the log', () => {
  it('grows with time and with the count, and tells when it was given', () => {
    const places = [seqAt(5, 0), seqAt(5, 1), seqAt(6, 0), seqAt(6, 1_000_000)].map(BigInt);
    expect(places).toEqual(places.toSorted((one, other) => (one < other ? -1 : 1)));
    expect(timeOf(seqAt(1_790_000_000_123, 7))).toBe(1_790_000_000_123);
  });
});

describe('the backlog', () => {
  const filled = (): Backlog => {
    const backlog = new Backlog(1_000);
    for (const ms of [100, 200, 200, 900]) backlog.add(event(BigInt(backlog.position) < BigInt(seqAt(ms, 0)) ? seqAt(ms, 0) : seqAt(ms, 1)));
    return backlog;
  };

  it('has what happened after a place, and nothing twice', () => {
    expect(seqs(filled().since(seqAt(200, 0)))).toEqual([seqAt(200, 1), seqAt(900, 0)]);
    expect(seqs(filled().since(seqAt(900, 0)))).toEqual([]);
  });

  it('has an event for who got as far as right before it', () => expect(seqs(filled().since(before(seqAt(900, 0))))).toEqual([seqAt(900, 0)]));

  it.each([seqAt(300, 0), seqAt(50, 0), seqAt(901, 0), '-1', 'x', '', '99999999999999999999'])('knows nothing of a place that it never gave (%s)', (seq) =>
    expect(filled().since(seq)).toBeUndefined(),
  );

  it('forgets what is too old, and then knows nothing of its place either', () => {
    const backlog = filled();
    backlog.add(event(seqAt(1_250, 0)));
    expect(backlog.since(seqAt(100, 0))).toBeUndefined();
    expect(seqs(backlog.since(seqAt(200, 1)))).toEqual([seqAt(900, 0), seqAt(1_250, 0)]);
    backlog.add(event(seqAt(9_000, 0)));
    expect(backlog.since(seqAt(900, 0))).toBeUndefined();
    expect(backlog.position).toBe(seqAt(9_000, 0));
  });

  it('still knows the place before what happened after a long silence', () => {
    const backlog = filled();
    backlog.add(event(seqAt(9_000, 0)));
    expect(seqs(backlog.since(seqAt(900, 0)))).toEqual([seqAt(9_000, 0)]);
    expect(backlog.since(seqAt(200, 1))).toBeUndefined();
  });

  it('keeps no more than its capacity', () => {
    const backlog = new Backlog(1_000, 2);
    for (let n = 0; n < 5; n += 1) backlog.add(event(seqAt(5, n)));
    expect(backlog.since(seqAt(5, 1))).toBeUndefined();
    expect(seqs(backlog.since(seqAt(5, 3)))).toEqual([seqAt(5, 4)]);
  });

  it('gives all that came after each place that it still has, whatever comes and goes', () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 60 }), (steps) => {
        const backlog = new Backlog(1_000, 20);
        let ms = 1;
        const all: string[] = [];
        for (const step of steps) {
          ms += step;
          const seq = step === 0 && all.length > 0 ? (BigInt(all.at(-1)!) + 1n).toString() : seqAt(ms, 0);
          all.push(seq);
          backlog.add(event(seq));
          all.forEach((place, index) => {
            const isKept = index >= all.length - 20 && timeOf(place) >= timeOf(seq) - 1_000;
            if (isKept) expect(seqs(backlog.since(place))).toEqual(all.slice(index + 1));
          });
          // Of the one right before the oldest it knows too what came after.
          expect(all.filter((place) => backlog.since(place) !== undefined).length).toBeLessThanOrEqual(21);
        }
      }),
    ));
});
