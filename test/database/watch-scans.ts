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
      const asked = BSON.deserialize(BSON.serialize(bareCommand(command), { ignoreUndefined: true }), { useBigInt64: true });
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
      for (const [key, options] of schema.indexes()) await db.collection(collection.name).createIndex(key as mongo.IndexSpecification, options as mongo.CreateIndexesOptions);
    }
    // An index that has met an array is used with more care.
    for (const command of commands) if ('insert' in command) await db.command({ ...command, ordered: false });
    const scans: string[] = [];
    for (const statement of commands.flatMap(statementsOf)) if (isScan(await db.command({ explain: statement }))) scans.push(kindOf(statement));
    return scans;
  } finally {
    await close();
  }
}

/** The searches of a command: none for an insert, several for a bulk of updates. */
function statementsOf(command: Command): Command[] {
  if ('insert' in command) return [];
  const several = (['updates', 'deletes'] as const).find((field) => field in command);
  return several ? (command[several] as object[]).map((statement) => ({ ...command, [several]: [statement] })) : [command];
}

const isScan = ({ queryPlanner }: mongo.Document): boolean => JSON.stringify(queryPlanner).includes('"COLLSCAN"');

