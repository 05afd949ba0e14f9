import fc from 'fast-check';
import { EVENTS } from './event-map';
import { ALL_INTENTS, FAMILIES, familiesOf, intentsFor, isChosen } from './families';

describe('intents', () => {
  it('are what was chosen and nothing else', () =>
    fc.assert(
      fc.property(fc.subarray([...FAMILIES]), (families) => {
        const intents = intentsFor([...families, ...families]);
        expect(familiesOf(intents)).toEqual(families);
        for (const family of FAMILIES) expect(isChosen(intents, family)).toBe(families.includes(family));
      }),
    ));

  it('are all there is at most', () => expect(intentsFor(FAMILIES)).toBe(ALL_INTENTS));

  it('decide about every event that clients get', () => {
    for (const [name, event] of Object.entries(EVENTS)) expect([name, 'internal' in event]).toEqual([name, !('family' in event)]);
  });
});
