import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mongo } from 'mongoose';
import { Engine } from '../../src/database/embedded/engine';
import { TtlMonitor } from '../../src/database/embedded/expiry';
import { Server } from '../../src/database/embedded/server';
import { Storage } from '../../src/database/embedded/storage';

/** An engine with a client, in the thread of the test, on a folder that goes away with it. */
export interface EngineWorld {
  readonly db: mongo.Db;
  readonly uri: string;
  readonly engine: Engine;
  readonly expiry: TtlMonitor;
  close(): Promise<void>;
}

export async function engineWorld(dataDir = mkdtempSync(join(tmpdir(), 'derailed-test-'))): Promise<EngineWorld> {
  const storage = await Storage.open(dataDir);
  const engine = new Engine(storage);
  const server = new Server(engine);
  const socket = join(dataDir, 'test.sock');
  await server.listen({ path: socket });
  const uri = `mongodb://${encodeURIComponent(socket)}/test?directConnection=true&retryWrites=false`;
  const client = await mongo.MongoClient.connect(uri, { useBigInt64: true });
  const close = async (): Promise<void> => {
    await client.close();
    await server.close();
    await storage.close();
    rmSync(dataDir, { recursive: true, force: true });
  };
  return { db: client.db(), uri, engine, expiry: new TtlMonitor(engine), close };
}
