import type { Connection } from 'mongoose';

/** One command that the driver sent. */
export interface Command {
  readonly name: string;
  readonly collection: string;
  /** Number of commands that had been answered when this one was sent. Commands with the same number did not wait for each other. */
  readonly answersBefore: number;
}

const WRITES = new Set(['insert', 'update', 'delete', 'findAndModify']);
const READS = new Set(['find', 'getMore', 'aggregate', 'count', 'distinct']);

/**
 * Counts the commands that the application sends to its database, with the monitoring of the driver.
 *
 * @see https://www.mongodb.com/docs/drivers/node/current/monitoring-and-logging/monitoring/
 */
export class CommandCounter {
  private readonly listeners = new Set<(command: Command) => void>();
  private readCount = 0;
  private writeCount = 0;
  private answers = 0;

  static of(connection: Connection): CommandCounter {
    const counter = new CommandCounter();
    const client = connection.getClient();
    client.on('commandStarted', ({ commandName, command }) => {
      const document = command as Record<string, unknown>;
      counter.count({ name: commandName, collection: String(document[commandName]), answersBefore: counter.answers });
    });
    for (const answer of ['commandSucceeded', 'commandFailed'] as const)
      client.on(answer, () => (counter.answers += 1));
    return counter;
  }

  /** Commands since the start that read and that write. */
  get totals(): { readonly reads: number; readonly writes: number } {
    return { reads: this.readCount, writes: this.writeCount };
  }

  /** Calls a function for each further command that reads or writes. @returns a function that stops it */
  listen(listener: (command: Command) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private count(command: Command): void {
    if (WRITES.has(command.name)) this.writeCount += 1;
    else if (READS.has(command.name)) this.readCount += 1;
    else return;
    for (const listener of this.listeners) listener(command);
  }
}

/** Returns whether a command changes something. */
export const isWrite = (command: Command): boolean => WRITES.has(command.name);
