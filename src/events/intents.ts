import { z } from 'zod';

/** The kinds of events that clients choose from. */
export const INTENTS = [
  'guilds',
  'members',
  'bans',
  'roles',
  'tracks',
  'messages',
  'reactions',
  'typing',
  'read_states',
  'invites',
  'user',
  'presence',
] as const;

/** A kind of events. */
export type Intent = (typeof INTENTS)[number];

/** What a client has chosen: a bit for each family, by its place in the list. */
export type IntentSet = number;

/** Everything there is to choose. */
export const ALL_INTENTS: IntentSet = 2 ** INTENTS.length - 1;

/** How intents travel. */
export const intentsSchema = z
  .array(z.enum(INTENTS))
  .max(INTENTS.length)
  .meta({
    description: 'The kinds of events that this connection gets. Left out, it gets all of them.',
    example: ['messages', 'typing'],
  });

const bitOf = (family: Intent): IntentSet => 1 << INTENTS.indexOf(family);

/** The intents for these families. */
export const intentsFor = (families: readonly Intent[]): IntentSet =>
  families.reduce((all, family) => all | bitOf(family), 0);

/** The families of these intents. */
export const intentNames = (intents: IntentSet): Intent[] =>
  INTENTS.filter((family) => includesIntent(intents, family));

/** Whether a family is among what was chosen. */
export const includesIntent = (intents: IntentSet, family: Intent): boolean => (intents & bitOf(family)) !== 0;
