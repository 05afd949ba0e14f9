import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import type { MessageDocument } from '../messages/message.schema';

/** Which candidates of a search to keep. */
export interface ScanOptions {
  /** Number of requested messages. */
  readonly limit: number;
  /** Only messages with a higher id. */
  readonly after: Snowflake | undefined;
  readonly meets: (message: MessageDocument) => boolean;
}

/** Reads candidates of a search, newest first, until the page is full or one request has read enough. */
export class CandidateScan {
  readonly found: MessageDocument[] = [];
  /** The last candidate that was read. */
  cursor: Snowflake | undefined;
  /** Whether there are no more candidates. */
  isComplete = false;
  private count = 0;
  private characters = 0;

  constructor(private readonly options: ScanOptions) {}

  /** Reads a page of candidates. @returns whether to read another */
  read(page: readonly MessageDocument[]): boolean {
    const { limit, after, meets } = this.options;
    for (const message of page) {
      if (after !== undefined && message._id <= after) return this.complete();
      this.cursor = message._id;
      this.count += 1;
      this.characters += message.content.length;
      if (meets(message)) this.found.push(message);
      if (
        this.found.length === limit ||
        this.count >= LIMITS.searchLooked ||
        this.characters >= LIMITS.searchCharacters
      )
        return false;
    }
    return page.length < LIMITS.page ? this.complete() : true;
  }

  private complete(): false {
    this.isComplete = true;
    return false;
  }
}
