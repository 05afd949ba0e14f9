import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { atMost } from '../database/at-most';
import { MODELS } from '../database/database.module';
import type { MessageDocument } from './message.schema';

/** Ranges of an index that one query merges into one order without a sort: tracks times terms. */
const RANGES_AT_ONCE = 100;

/** A page of messages to find. */
export interface TermPage {
  readonly trackIds: readonly Snowflake[];
  /** A message has at least one of these terms. Without any, all messages are found. */
  readonly terms: readonly string[];
  /** Only messages with a lower id. */
  readonly before: Snowflake | undefined;
  readonly limit: number;
}

/** Finds messages by their terms, through an index, in the order of the index. */
@Injectable()
export class MessageSearchRepository {
  constructor(@InjectModel(MODELS.message) private readonly messages: Model<MessageDocument>) {}

  /** Returns the newest messages of some tracks that have one of some terms, the newest first. Reads only the index entries that it returns. */
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
