import { eventually } from '../eventually';
import type { Model } from './model';

/** Runs operations and compares after each; a failure names the seed and every operation. */
export async function runOperations(model: Model, seed: number, operations: number): Promise<void> {
  await withHistory(model, seed, async () => {
    await model.verify();
    for (let index = 0; index < operations; index += 1) {
      await model.step();
      await model.verify();
    }
  });
}

/** Reconnects what a killed node has disconnected, and compares until everything that the node left behind is repaired. */
export async function verifyUntil(model: Model, seed: number, deadlineMs: number): Promise<void> {
  await withHistory(model, seed, async () => {
    await eventually(async () => {
      await model.restoreConnections();
      await model.verify();
    }, deadlineMs - Date.now());
  });
}

async function withHistory(model: Model, seed: number, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    const operations = model.history.map((entry, index) => `${index + 1}. ${entry}`).join('\n');
    throw new Error(
      `MODEL_SEED=${seed}, after these operations:\n${operations}\n\n${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}
