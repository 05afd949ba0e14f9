import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { atMost } from '../database/at-most';
import { MODELS } from '../database/database.module';
import type { MessageDocument } from './message.schema';

/** Maximum number of index ranges (tracks times terms) that one query merges in order without a sort. */
const RANGES_AT_ONCE = 100;

/** Selects a page of messages by terms. */
export interface TermPage {
  readonly trackIds: readonly Snowflake[];
  /** A message matches if it has at least one of these terms. Empty: all messages match. */
  readonly terms: readonly string[];
  /** Only messages with a lower id. */
  readonly before: Snowflake | undefined;
  readonly limit: number;
}

/** Finds messages by their terms through an index, in the order of the index. */
@Injectable()
export class MessageSearchRepository {
  constructor(@InjectModel(MODELS.message) private readonly messages: Model<MessageDocument>) {}

  /**
   * Returns the newest messages of some tracks that have at least one of the terms, newest first. Reads only the index
   * entries that it returns.
   */
  async newest({ trackIds, terms, before, limit }: TermPage): Promise<MessageDocument[]> {
    const tracksAtOnce = Math.max(1, Math.floor(RANGES_AT_ONCE / Math.max(1, terms.length)));
    const groups = Array.from({ length: Math.ceil(trackIds.length / tracksAtOnce) }, (_, n) =>
      trackIds.slice(n * tracksAtOnce, (n + 1) * tracksAtOnce),
    );
    const [first] = terms;
    const byTerm = first === undefined ? {} : { terms: terms.length === 1 ? first : { $in: terms } };
    const found = await Promise.all(
      groups.map((group) =>
        this.messages
          .find({ track_id: { $in: group }, ...byTerm, ...(before !== undefined && { _id: { $lt: before } }) })
          .sort({ _id: -1 })
          .limit(atMost(limit))
          .batchSize(limit + 1)
          .lean<MessageDocument[]>(),
      ),
    );
    return found
      .flat()
      .sort((a, b) => (a._id < b._id ? 1 : -1))
      .slice(0, limit);
  }
}
