import { World } from './world';

// Set up for each file of the end-to-end suite: a test that fails before it stops its world must not keep the run from ending.
afterAll(() => World.stopAll());
