import type { EventEmitter } from 'node:events';
import mongoose, { type Connection, mongo } from 'mongoose';
import { ABOUT_DOCUMENTS, bareCommand, kindOf } from './command-kind';
import { engineWorld } from './engine-world';

// Set up for each file of the end-to-end suite: whatever the application asked its database in there must be found by an index. What it
// asks is recorded by the driver's command monitoring, and planned by an engine that has the application's indexes.

const { BSON } = mongo;

type Command = mongo.BSON.Document;

/** One command of each kind. */
const recorded = new Map<string, Command>();
const connections: Connection[] = [];

const { events } = mongoose as unknown as { events: EventEmitter };
events.on('createConnection', (connection: Connection) => {
  connections.push(connection);
  connection.once('connected', () => {
    connection.getClient().on('commandStarted', ({ commandName, command }: mongo.CommandStartedEvent) => {
      if (!ABOUT_DOCUMENTS.has(commandName)) return;
      // What Mongoose hands to the driver are arrays and documents of its own.
      const asked = BSON.deserialize(BSON.serialize(bareCommand(command), { ignoreUndefined: true }), {
        useBigInt64: true,
      });
      recorded.set(kindOf(asked), asked);
    });
  });
});

afterAll(async () => {
  expect(await scansAmong([...recorded.values()])).toEqual([]);
});

async function scansAmong(commands: readonly Command[]): Promise<string[]> {
  const { db, close } = await engineWorld();
  try {
    for (const { schema, collection } of connections.flatMap(({ models }) => Object.values(models))) {
      for (const [key, options] of schema.indexes())
        await db
          .collection(collection.name)
          .createIndex(key as mongo.IndexSpecification, options as mongo.CreateIndexesOptions);
    }
    // An index that has met an array is used with more care.
    for (const command of commands) if ('insert' in command) await db.command({ ...command, ordered: false });
    const scans: string[] = [];
    for (const command of commands) {
      for (const search of searchesOf(command))
        if (isScan(await db.command({ explain: search }))) scans.push(kindOf(command));
    }
    return scans;
  } finally {
    await close();
  }
}

/** What a command looks for: nothing for an insert, several things for a bulk of updates. */
function searchesOf(command: Command): Command[] {
  const [[, find] = []] = Object.entries(command);
  const { filter, query, sort, pipeline, updates = [], deletes = [] } = command;
  const statements = [...(updates as Command[]), ...(deletes as Command[])].map(({ q }) => q as Command);
  const filters = [filter, query, pipeline?.[0].$match, ...statements] as (Command | undefined)[];
  return filters.filter((each) => each !== undefined).map((each) => ({ find, filter: each, ...(sort && { sort }) }));
}

const isScan = ({ queryPlanner }: mongo.Document): boolean => JSON.stringify(queryPlanner).includes('"COLLSCAN"');
