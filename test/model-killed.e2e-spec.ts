import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseEnvironment } from '../src/config/config.service';
import { type DatabaseServer, openDatabase } from '../src/database/open-database';
import { eventually } from './support/eventually';
import { Api } from './support/model/api';
import { Model } from './support/model/model';
import { Random } from './support/model/random';
import { runOperations, verifyUntil } from './support/model/run';
import { NodeProcess } from './support/node-process';
import { describeOnce } from './support/once';
import { describeWithRedis, TestRedis } from './support/redis';

/*
 * The same comparison as in model.e2e-spec.ts, with a node that is killed in the middle of an operation. Its sockets resume at the other node, and what
 * the killed node has written without publishing it is published by the other one.
 */
const SEED = Number(process.env['MODEL_SEED'] ?? Date.now() % 1_000_000_000);
const ROUNDS = Number(process.env['MODEL_KILLS'] ?? 1);
const OPERATIONS = Number(process.env['MODEL_OPERATIONS'] ?? 25);
const REPAIRED_WITHIN_MS = 45_000;
const ROUND_MS = 120_000;
const OPERATION_MS = 6_000;

describeOnce(
  'the guild that clients rebuild from events while nodes are killed',
  () => {
    const random = new Random(SEED);
    let dataDir: string;
    let redis: TestRedis;
    let database: DatabaseServer;
    let nodes: NodeProcess[] = [];
    let model: Model | undefined;
    beforeAll(async () => {
      dataDir = mkdtempSync(join(tmpdir(), 'derailed-model-'));
      redis = await TestRedis.start();
      database = await openDatabase(parseEnvironment({ DATA_DIR: dataDir }));
      nodes = await Promise.all([start(), start()]);
    });
    afterAll(async () => {
      model?.close();
      for (const node of nodes) await node.kill();
      await database.stop();
      await redis.stop();
      rmSync(dataDir, { recursive: true, force: true });
    });

    const start = (): Promise<NodeProcess> =>
      NodeProcess.start({
        DATA_DIR: dataDir,
        MONGODB_URI: database.uri,
        REDIS_URL: redis.url,
        REDIS_PREFIX: 'derailed:',
        RATE_LIMITS: 'off',
        GATEWAY_BUCKET: '0/60',
        HTTP_CONNECTIONS: '0',
        HTTP_CONNECTIONS_PER_ADDRESS: '0',
        GATEWAY_SOCKETS_PER_ADDRESS: '0',
        GATEWAY_ADDRESS_CONNECTIONS: '0/1',
      });

    const isAlone = async (url: string): Promise<boolean> =>
      (await (await fetch(`${url}/metrics`)).text()).includes('derailed_nodes_living 1');

    it(
      `equals the guild over REST before and after each of ${ROUNDS} kills`,
      async () => {
        const api = new Api(nodes.map(({ url }) => url));
        model = await Model.create(api, random);
        for (let round = 0; round < ROUNDS; round += 1) {
          await runOperations(model, SEED, OPERATIONS);
          const [victim, survivor] = random.chance(0.5) ? [nodes[0]!, nodes[1]!] : [nodes[1]!, nodes[0]!];
          // Requests of the killed node end without an answer, before or after they were written.
          const interrupted = Promise.allSettled([model.step(), model.step(), model.step()]);
          await delay(random.integer(0, 15));
          await victim.kill();
          api.urls.splice(0, 2, survivor.url);
          await interrupted;
          const deadlineMs = Date.now() + REPAIRED_WITHIN_MS;
          await eventually(() => isAlone(survivor.url), REPAIRED_WITHIN_MS);
          await verifyUntil(model, SEED, deadlineMs);
          await runOperations(model, SEED, OPERATIONS);
          nodes = [survivor, await start()];
          api.urls.splice(0, 1, ...nodes.map(({ url }) => url));
        }
        await runOperations(model, SEED, OPERATIONS);
      },
      ROUND_MS * ROUNDS + OPERATION_MS * OPERATIONS * (2 * ROUNDS + 1),
    );
  },
  describeWithRedis,
);
