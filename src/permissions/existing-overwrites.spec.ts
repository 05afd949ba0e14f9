import type { TrackDocument } from '../tracks/track.schema';
import type { SubjectOverwrite } from './compute-permissions';
import { withExistingOverwrites } from './existing-overwrites';

const track = (_id: bigint, ...overwrites: SubjectOverwrite[]): [bigint, TrackDocument] => [
  _id,
  { _id, guild_id: 1n, type: 'text', name: 't', topic: '', nsfw: false, slowmode_seconds: 0, overwrites, revision: 1 },
];
const role = (id: bigint): SubjectOverwrite => ({ id, type: 'role', allow: 0n, deny: 0n }) as SubjectOverwrite;
const member = (id: bigint): SubjectOverwrite => ({ ...role(id), type: 'member' });

describe('withExistingOverwrites', () => {
  it('returns the same map if every role exists', () => {
    const tracks = new Map([track(10n, role(1n), role(2n), member(7n)), track(11n)]);
    expect(withExistingOverwrites(tracks, [1n, 2n])).toBe(tracks);
  });

  it('removes the overwrites of deleted roles and keeps those of members with the same id', () => {
    const tracks = new Map([track(10n, role(1n), role(2n), member(2n)), track(11n, role(1n))]);
    const result = withExistingOverwrites(tracks, [1n]);
    expect(result.get(10n)?.overwrites).toEqual([role(1n), member(2n)]);
    expect(result.get(11n)).toBe(tracks.get(11n));
  });

  it('returns the same result while the same roles are deleted, and evaluates again when another role is deleted', () => {
    const tracks = new Map([track(10n, role(1n), role(2n), role(3n))]);
    const result = withExistingOverwrites(tracks, [1n, 3n]);
    expect(withExistingOverwrites(tracks, [3n, 1n])).toBe(result);
    expect(withExistingOverwrites(tracks, [1n]).get(10n)?.overwrites).toEqual([role(1n)]);
  });
});
