import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnvironment } from '../../src/config/config.service';
import { openDatabase } from '../../src/database/open-database';
import { bootstrap } from '../../src/bootstrap';
import { PausableProxy } from './pausable-proxy';
import { ownDatabase } from './own-database';
import { World } from './world';

/** An application whose database commands can be held. */
export interface HeldWorld {
  readonly world: World;
  readonly wire: PausableProxy;
  /** Starts another node on the same database, as after a crash, and stops it: nodes recover before they listen. */
  readonly recover: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts an application of its own on the database of the test run, with the number of nodes set by NODES by default. */
export async function startHeldWorld(settings: Record<string, string> = {}, nodes?: number): Promise<HeldWorld> {
  const dataDir = mkdtempSync(join(tmpdir(), 'derailed-held-'));
  const database = await openDatabase(
    parseEnvironment({ DATA_DIR: dataDir, MONGODB_URI: ownDatabase(process.env['MONGODB_URI']) }),
  );
  const wire = await PausableProxy.to(database.uri);
  const world = await World.start({ MONGODB_URI: wire.uri, ...settings }, nodes);
  return {
    world,
    wire,
    recover: async () => {
      const node = await bootstrap(
        parseEnvironment({ PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'silent', MONGODB_URI: database.uri, ...settings }),
      );
      await node.stop();
    },
    stop: async () => {
      await world.stop();
      await wire.close();
      await database.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
