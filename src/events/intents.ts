import { EnumField } from '../common/dto/fields';
import type { Field } from '../common/dto/field';

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

const isFamily = (name: unknown): name is Intent => (INTENTS as readonly unknown[]).includes(name);

/** Declares the intents of a connection. */
export const IntentsField = (): Field<Intent, false, false, true> =>
  EnumField(INTENTS, {
    each: true,
    maxItems: INTENTS.length,
    description: 'The kinds of events that this connection receives.',
    example: ['messages', 'typing'],
  });

/** Returns the intents that a client requests; undefined if they are not a list of known intents. */
export const parseIntentNames = (requested: unknown): readonly Intent[] | undefined =>
  Array.isArray(requested) && requested.length <= INTENTS.length && requested.every(isFamily) ? requested : undefined;

const bitOf = (family: Intent): IntentSet => 1 << INTENTS.indexOf(family);

/** The intents for these families. */
export const intentsFor = (families: readonly Intent[]): IntentSet =>
  families.reduce((all, family) => all | bitOf(family), 0);

/** The families of these intents. */
export const intentNames = (intents: IntentSet): Intent[] =>
  INTENTS.filter((family) => includesIntent(intents, family));

/** Whether a family is among what was chosen. */
export const includesIntent = (intents: IntentSet, family: Intent): boolean => (intents & bitOf(family)) !== 0;
