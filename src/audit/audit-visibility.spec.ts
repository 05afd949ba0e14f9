import fc from 'fast-check';
import { ADMINISTRATORS, AUDIT_ACTIONS, type AuditEntryDocument } from './audit-entry.schema';
import { toAuditEntryDto, type AuditReader } from './audit-visibility';
import type { AuditChange } from './diff';

const GUILD = 1n;
const [SHOWN, HIDDEN] = [10n, 20n];

const entry = (
  action: AuditEntryDocument['action'],
  changes: AuditChange[],
  tracks: bigint[] = [GUILD],
): AuditEntryDocument => ({
  _id: 99n,
  guild_id: GUILD,
  user_id: 2n,
  action,
  target_id: null,
  audience: [ADMINISTRATORS, ...tracks],
  changes,
  reason: null,
  expires_at: new Date(0),
});
const whoSees = (...tracks: bigint[]): AuditReader => ({
  audience: [GUILD, ...tracks],
  sees: (id) => tracks.includes(id),
  seesAll: false,
  readsHistory: () => true,
});
const EVERYTHING: AuditReader = {
  audience: [ADMINISTRATORS],
  sees: () => true,
  seesAll: true,
  readsHistory: () => true,
};

describe('an audit entry', () => {
  it('names only those of its tracks that the reader can see', () => {
    const reorder = entry('TRACKS_REORDER', [], [SHOWN, HIDDEN]);
    expect(toAuditEntryDto(reorder, whoSees(SHOWN)).track_ids).toEqual([SHOWN]);
    expect(toAuditEntryDto(reorder, EVERYTHING).track_ids).toEqual([SHOWN, HIDDEN]);
    expect(toAuditEntryDto(entry('ROLE_CREATE', []), EVERYTHING).track_ids).toEqual([]);
  });

  it('is omitted if it moves a track that the reader cannot see', () => {
    const moves = [SHOWN, HIDDEN].map((id) => ({ id, key: 'inherits', old: true, new: false }));
    expect(toAuditEntryDto(entry('TRACKS_REORDER', moves, [SHOWN, HIDDEN]), whoSees(SHOWN)).changes).toEqual([
      moves[0],
    ]);
  });

  it('has null for a category that the reader cannot see, and is omitted if nothing else changed', () => {
    const moved = (old: bigint | null, now: bigint | null) =>
      toAuditEntryDto(entry('TRACK_UPDATE', [{ key: 'parent_id', old, new: now }], [SHOWN]), whoSees(SHOWN)).changes;
    expect(moved(HIDDEN, SHOWN)).toEqual([{ key: 'parent_id', old: null, new: SHOWN }]);
    expect(moved(SHOWN, HIDDEN)).toEqual([{ key: 'parent_id', old: SHOWN, new: null }]);
    expect(moved(null, HIDDEN)).toEqual([]);
    expect(moved(HIDDEN, 21n)).toEqual([]);
  });

  it('contains the position of a track only for readers who see all tracks, and the position of a role for every reader', () => {
    const position = { key: 'position', old: 2, new: 3 };
    expect(toAuditEntryDto(entry('TRACK_UPDATE', [position], [SHOWN]), whoSees(SHOWN)).changes).toEqual([]);
    expect(
      toAuditEntryDto(entry('TRACK_UPDATE', [position], [SHOWN]), { ...whoSees(SHOWN), seesAll: true }).changes,
    ).toEqual([position]);
    expect(toAuditEntryDto(entry('ROLE_UPDATE', [position]), whoSees()).changes).toEqual([position]);
  });

  it('names a message only to readers with VIEW_MESSAGE_HISTORY in the track', () => {
    const targetOf = (action: AuditEntryDocument['action'], readsHistory: boolean) =>
      toAuditEntryDto(
        { ...entry(action, [], [SHOWN]), target_id: 77n },
        { ...whoSees(SHOWN), readsHistory: (id) => id === SHOWN && readsHistory },
      ).target_id;
    for (const action of ['MESSAGE_DELETE', 'PIN_ADD', 'PIN_REMOVE', 'REACTIONS_CLEAR'] as const)
      expect([targetOf(action, true), targetOf(action, false)]).toEqual([77n, null]);
    expect(targetOf('MESSAGES_DELETE', false)).toBe(77n);
  });

  it('contains no id of a track that the reader cannot see', () => {
    const id = fc.constantFrom(null, SHOWN, HIDDEN);
    const changes = fc.array(
      fc
        .record({
          id: fc.constantFrom(SHOWN, HIDDEN),
          key: fc.constantFrom('parent_id', 'inherits', 'position'),
          old: id,
          new: id,
        })
        .filter(({ key, old, new: now }) => key === 'parent_id' || (old === null && now === null)),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...AUDIT_ACTIONS.filter((action) => action.startsWith('TRACK'))),
        changes,
        (action, all) => {
          const seen = toAuditEntryDto(entry(action, all, [SHOWN, HIDDEN]), whoSees(SHOWN));
          expect([
            ...seen.track_ids,
            ...seen.changes.flatMap((change) => [change.id, change.old, change.new]),
          ]).not.toContain(HIDDEN);
        },
      ),
    );
  });
});
