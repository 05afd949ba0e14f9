import fc from 'fast-check';
import { EventBuffer } from './event-buffer';
import type { DomainEvent } from './event-log';
import { seqBefore, seqAt, timeOf } from './seq';

const event = (seq: string): DomainEvent => ({
  seq,
  name: 'EVENTS_LOST',
  audience: { userIds: [] },
  data: { user_ids: null },
});
const seqs = (events: readonly DomainEvent[] | undefined): string[] | undefined => events?.map(({ seq }) => seq);

describe('a seq', () => {
  it('grows with the time and the count, and contains the time', () => {
    const places = [seqAt(5, 0), seqAt(5, 1), seqAt(6, 0), seqAt(6, 1_000_000)].map(BigInt);
    expect(places).toEqual(places.toSorted((a, b) => (a < b ? -1 : 1)));
    expect(timeOf(seqAt(1_790_000_000_123, 7))).toBe(1_790_000_000_123);
  });
});

describe('EventBuffer', () => {
  const filled = (): EventBuffer => {
    const buffer = new EventBuffer(1_000);
    for (const ms of [100, 200, 200, 900])
      buffer.add(event(BigInt(buffer.lastSeq) < BigInt(seqAt(ms, 0)) ? seqAt(ms, 0) : seqAt(ms, 1)));
    return buffer;
  };

  it('returns the events after a seq, each once', () => {
    expect(seqs(filled().since(seqAt(200, 0)))).toEqual([seqAt(200, 1), seqAt(900, 0)]);
    expect(seqs(filled().since(seqAt(900, 0)))).toEqual([]);
  });

  it('returns an event to a client whose seq is right before it', () =>
    expect(seqs(filled().since(seqBefore(seqAt(900, 0))))).toEqual([seqAt(900, 0)]));

  it.each([seqAt(300, 0), seqAt(50, 0), seqAt(901, 0), '-1', 'x', '', '99999999999999999999'])(
    'returns undefined for a seq that it never issued (%s)',
    (seq) => expect(filled().since(seq)).toBeUndefined(),
  );

  it('drops events that are too old, and returns undefined for their seq', () => {
    const buffer = filled();
    buffer.add(event(seqAt(1_250, 0)));
    expect(buffer.since(seqAt(100, 0))).toBeUndefined();
    expect(seqs(buffer.since(seqAt(200, 1)))).toEqual([seqAt(900, 0), seqAt(1_250, 0)]);
    buffer.add(event(seqAt(9_000, 0)));
    expect(buffer.since(seqAt(900, 0))).toBeUndefined();
    expect(buffer.lastSeq).toBe(seqAt(9_000, 0));
  });

  it('returns the events after the last seq, even after a long time without events', () => {
    const buffer = filled();
    buffer.add(event(seqAt(9_000, 0)));
    expect(seqs(buffer.since(seqAt(900, 0)))).toEqual([seqAt(9_000, 0)]);
    expect(buffer.since(seqAt(200, 1))).toBeUndefined();
  });

  it('keeps at most its capacity', () => {
    const buffer = new EventBuffer(1_000, 2);
    for (let n = 0; n < 5; n += 1) buffer.add(event(seqAt(5, n)));
    expect(buffer.since(seqAt(5, 1))).toBeUndefined();
    expect(seqs(buffer.since(seqAt(5, 3)))).toEqual([seqAt(5, 4)]);
  });

  it('returns all events after each buffered seq, for any sequence of additions and removals', () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 60 }), (steps) => {
        const buffer = new EventBuffer(1_000, 20);
        let ms = 1;
        const all: string[] = [];
        for (const step of steps) {
          ms += step;
          const seq = step === 0 && all.length > 0 ? (BigInt(all.at(-1)!) + 1n).toString() : seqAt(ms, 0);
          all.push(seq);
          buffer.add(event(seq));
          all.forEach((place, index) => {
            const isKept = index >= all.length - 20 && timeOf(place) >= timeOf(seq) - 1_000;
            if (isKept) expect(seqs(buffer.since(place))).toEqual(all.slice(index + 1));
          });
          // Of the one right before the oldest it knows too what came after.
          expect(all.filter((place) => buffer.since(place) !== undefined).length).toBeLessThanOrEqual(21);
        }
      }),
    ));
});
