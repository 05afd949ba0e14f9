import { Api } from './support/model/api';
import { Model } from './support/model/model';
import { Random } from './support/model/random';
import { runOperations } from './support/model/run';
import { World } from './support/world';

/*
 * Clients rebuild a guild from READY and events alone while random operations change it. After each operation, the state of every socket equals what
 * its user reads over REST, and a message to each track has reached exactly the sockets whose REST track list contains the track.
 *
 * MODEL_SEED repeats a run, MODEL_OPERATIONS sets its length.
 */
const SEED = Number(process.env['MODEL_SEED'] ?? Date.now() % 1_000_000_000);
const OPERATIONS = Number(process.env['MODEL_OPERATIONS'] ?? 200);
const OPERATION_MS = 2_000;

describe('the guild that clients rebuild from events', () => {
  let world: World;
  let model: Model | undefined;
  beforeAll(async () => (world = await World.start({ GATEWAY_BUCKET: '0/60' })));
  afterAll(async () => {
    model?.close();
    await world.stop();
  });

  it(
    `equals the guild over REST after each of ${OPERATIONS} random operations`,
    async () => {
      model = await Model.create(new Api([...world.urls]), new Random(SEED));
      await runOperations(model, SEED, OPERATIONS);
    },
    60_000 + OPERATIONS * OPERATION_MS,
  );
});
