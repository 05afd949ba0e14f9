import fc from 'fast-check';
import type { DomainEvent } from '../../events/event-log';
import { UnsentRoles } from './unsent-roles';

const EVERYONE = 1n;

interface Commit {
  readonly name: 'ROLE_CREATE' | 'ROLE_DELETE' | 'ROLES_REORDER';
  readonly id: bigint;
  readonly order: readonly bigint[];
}

interface Case {
  /** Creations, deletions and moves, each with a random place in the order. */
  readonly steps: readonly (readonly ['create' | 'delete' | 'move', number])[];
  /** Decides by how far an event can overtake others. */
  readonly overtaking: readonly number[];
  /** By how many commits the state that a node reads is ahead of the dispatched events. */
  readonly ahead: readonly number[];
}

const cases: fc.Arbitrary<Case> = fc.record({
  steps: fc.array(fc.tuple(fc.constantFrom('create', 'create', 'delete', 'move'), fc.nat(20)), {
    minLength: 1,
    maxLength: 8,
  }),
  overtaking: fc.array(fc.nat(3), { minLength: 8, maxLength: 8 }),
  ahead: fc.array(fc.nat(3), { minLength: 8, maxLength: 8 }),
});

function commitsOf(steps: Case['steps'], start: readonly bigint[]): Commit[] {
  let [order, next] = [start, 100n];
  return steps.flatMap(([kind, at]): Commit[] => {
    const place = 1 + (at % order.length);
    const moved = order[place];
    if (kind === 'create') {
      const id = (next += 1n);
      order = order.toSpliced(place, 0, id);
      return [{ name: 'ROLE_CREATE', id, order }];
    }
    if (moved === undefined) return [];
    order = order.filter((id) => id !== moved);
    if (kind === 'delete') return [{ name: 'ROLE_DELETE', id: moved, order }];
    order = [...order, moved];
    return [{ name: 'ROLES_REORDER', id: moved, order }];
  });
}

/** A client that applies the rules of the AsyncAPI document. */
function applied(
  existing: readonly bigint[],
  { name, id, order: committed }: Commit,
  current: readonly bigint[],
): readonly bigint[] {
  if (name === 'ROLE_DELETE') return existing.filter((each) => each !== id);
  if (name === 'ROLES_REORDER') return current.filter((each) => existing.includes(each));
  const position = (current.includes(id) ? current : committed).indexOf(id);
  return existing.filter((each) => each !== id).toSpliced(position, 0, id);
}

const eventOf = ({ name, id }: Commit): DomainEvent =>
  ({ name, data: name === 'ROLE_DELETE' ? { role_id: id } : { id } }) as unknown as DomainEvent;

describe('UnsentRoles', () => {
  it('lets clients derive the stored role order from events of concurrent commits in any order', () =>
    fc.assert(
      fc.property(cases, ({ steps, overtaking, ahead }) => {
        const start = [EVERYONE, 2n, 3n];
        const commits = commitsOf(steps, start);
        const arriving = commits
          .map((commit, index) => ({ commit, index, rank: index + (overtaking[index] ?? 0) }))
          .toSorted((a, b) => a.rank - b.rank || b.index - a.index);
        const unsent = new UnsentRoles();
        let [view, version, known]: [readonly bigint[], number, readonly bigint[]] = [start, -1, start];
        arriving.forEach(({ commit, index }, nth) => {
          version = Math.min(Math.max(version, index, nth + (ahead[nth] ?? 0)), commits.length - 1);
          const current = commits[version]!.order;
          unsent.note(view, current);
          view = current;
          if (!unsent.isOutdated(eventOf(commit))) known = applied(known, commit, view);
          if (unsent.settle(eventOf(commit), view)) known = view.filter((id) => known.includes(id));
        });
        expect(known).toEqual(view);
      }),
      { numRuns: 1_000 },
    ));
});
