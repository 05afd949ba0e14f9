import { releaseHeld } from './held';
import { World } from './world';

// Set up for each end-to-end spec file: a test that fails before it releases what it holds, or stops its world, must not block the rest of the run.
afterEach(releaseHeld);
afterAll(() => World.stopAll());
