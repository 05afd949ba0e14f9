import type { Snowflake } from '../common/snowflake';
import { itemAt } from '../common/existing';
import type { GuildPermissions } from '../permissions/guild-permissions';
import { type GuildTracks, tracksInOrder } from '../permissions/guild-state';
import { positionsIn } from './track-order';
import { layoutFor, toPlacedDto } from './track-visibility';
import type { TrackDocument } from './track.schema';

/** The encoded fields of a track, in three parts around the fields that depend on the viewer and the layout. */
interface TrackParts {
  readonly beforePlace: string;
  readonly afterPlace: string;
  readonly overwrites: string;
}

// Documents are immutable, and a change of one track leaves the documents of the others as they are.
const encoded = new WeakMap<TrackDocument, TrackParts>();

/** Returns the same as `JSON.stringify(visibleTracks(permissions, tracks))`. Only tracks that changed are encoded again. */
export function visibleTracksJson(permissions: GuildPermissions, tracks: GuildTracks): string {
  const layout = layoutFor(permissions, tracks);
  const [documents, positions] = [tracksInOrder(layout, tracks), positionsIn(layout)];
  const items = layout.map(({ parent_id, inherits }, index) => {
    const { beforePlace, afterPlace, overwrites } = partsOf(itemAt(documents, index));
    return `${beforePlace}"parent_id":${idJson(parent_id)},"position":${itemAt(positions, index)}${afterPlace}"inherits":${inherits}${overwrites}`;
  });
  return `[${items.join(',')}]`;
}

const idJson = (id: Snowflake | null): string => (id === null ? 'null' : `"${id}"`);

function partsOf(document: TrackDocument): TrackParts {
  const parts = encoded.get(document) ?? encode(document);
  encoded.set(document, parts);
  return parts;
}

// Derived from the DTO, so that a new field of tracks is in both.
function encode(document: TrackDocument): TrackParts {
  const {
    id,
    guild_id,
    type,
    overwrites,
    parent_id: _parentId,
    position: _position,
    inherits: _inherits,
    ...settings
  } = toPlacedDto(document, { parent_id: null, inherits: true }, 1);
  return {
    beforePlace: `${JSON.stringify({ id, guild_id, type }).slice(0, -1)},`,
    afterPlace: `,${JSON.stringify(settings).slice(1, -1)},`,
    overwrites: `,"overwrites":${JSON.stringify(overwrites)}}`,
  };
}
