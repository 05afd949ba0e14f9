import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { atMost } from '../database/at-most';
import { MODELS } from '../database/database.module';
import type { MessageDocument } from './message.schema';

/** As many places in an index become one order without a sort. */
const TRACKS_AT_ONCE = 100;

/** Which messages to look at. */
export interface TermPage {
  readonly trackIds: readonly Snowflake[];
  readonly term: string;
  readonly before: Snowflake | undefined;
  readonly limit: number;
}

/** Finds messages by one word. */
@Injectable()
export class MessagesByTerm {
  constructor(@InjectModel(MODELS.message) private readonly messages: Model<MessageDocument>) {}

  /** The newest messages with a word in these tracks, the newest first: read from the index in this order, and no others. */
  async newest({ trackIds, term, before, limit }: TermPage): Promise<MessageDocument[]> {
    const groups = Array.from({ length: Math.ceil(trackIds.length / TRACKS_AT_ONCE) }, (_, n) => trackIds.slice(n * TRACKS_AT_ONCE, (n + 1) * TRACKS_AT_ONCE));
    const found = await Promise.all(
      groups.map((group) =>
        this.messages
          .find({ track_id: { $in: group }, terms: term, ...(before !== undefined && { _id: { $lt: before } }) })
          .sort({ _id: -1 })
          .limit(atMost(limit))
          .lean<MessageDocument[]>(),
      ),
    );
    return found
      .flat()
      .sort((one, other) => (one._id < other._id ? 1 : -1))
      .slice(0, limit);
  }
}
