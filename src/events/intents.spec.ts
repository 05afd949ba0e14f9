import fc from 'fast-check';
import { EVENTS } from '../event-catalog';
import { ALL_INTENTS, INTENTS, intentNames, intentsFor, includesIntent } from './intents';

describe('intents', () => {
  it('contain exactly the selected intents', () =>
    fc.assert(
      fc.property(fc.subarray([...INTENTS]), (families) => {
        const intents = intentsFor([...families, ...families]);
        expect(intentNames(intents)).toEqual(families);
        for (const family of INTENTS) expect(includesIntent(intents, family)).toBe(families.includes(family));
      }),
    ));

  it('contain at most all intents', () => expect(intentsFor(INTENTS)).toBe(ALL_INTENTS));

  it('include every event that clients receive', () => {
    for (const [name, event] of Object.entries(EVENTS))
      expect([name, 'internal' in event]).toEqual([name, !('intent' in event)]);
  });
});
