import { GuildAuthority, TrackAuthority } from './authority';
import type { GuildTracks } from './guild-state';
import type { TrackRecord } from './permission-records';
import { mutationWeight } from './mutation-weight';

const tracksWith = (count: number, overwrites: number): GuildTracks =>
  new Map(
    Array.from({ length: count }, (_, index) => [
      BigInt(index),
      { overwrites: Array.from({ length: overwrites }, () => ({})) } as unknown as TrackRecord,
    ]),
  );
const inTrack = (tracks: GuildTracks): TrackAuthority =>
  Object.assign(Object.create(TrackAuthority.prototype) as TrackAuthority, { tracks });
const inGuild = (tracks: number): GuildAuthority =>
  Object.assign(Object.create(GuildAuthority.prototype) as GuildAuthority, {
    state: { guild: { track_layout: Array.from({ length: tracks }, () => ({})) }, roles: [] },
  });

describe('mutationWeight', () => {
  it('is 1 in guilds of usual size', () => {
    expect(mutationWeight(inTrack(tracksWith(50, 20)))).toBe(1);
    expect(mutationWeight(inGuild(150))).toBe(1);
  });

  it('grows with the overwrites of all tracks for a change of a track, and with the tracks for other changes', () => {
    expect(mutationWeight(inTrack(tracksWith(500, 100)))).toBe(21);
    expect(mutationWeight(inTrack(tracksWith(500, 10)))).toBe(3);
    expect(mutationWeight(inGuild(500))).toBe(3);
  });
});
