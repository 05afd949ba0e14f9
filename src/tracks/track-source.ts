import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import { MODELS } from '../database/database.module';
import { TrackSource } from '../permissions/permission-records';
import type { TrackDocument } from './track.schema';

/** The id of no track. */
const MISSING_ID = 0n;

/** Loads tracks for the computation of permissions. */
@Injectable()
export class StoredTrackSource extends TrackSource {
  constructor(@InjectModel(MODELS.track) private readonly tracks: Model<TrackDocument>) {
    super();
  }

  override async findGuildId(trackId: Snowflake): Promise<Snowflake | undefined> {
    const track = await this.tracks.findById(trackId, { guild_id: 1 }).lean<Pick<TrackDocument, 'guild_id'> | null>();
    return track?.guild_id;
  }

  override list(guildIds: readonly Snowflake[]): Promise<TrackDocument[]> {
    return this.tracks
      .find({ guild_id: { $in: guildIds } })
      .batchSize(guildIds.length * LIMITS.tracks + 1)
      .lean<TrackDocument[]>()
      .exec();
  }

  override async runDecoyQuery(): Promise<void> {
    await this.tracks.exists({ _id: MISSING_ID });
  }
}
