import { EnumField } from '../common/dto/fields';
import type { Field } from '../common/dto/field';

/** The kinds of events that clients select in the handshake. */
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

/** Intents of a client as a bit set, one bit per intent by its index in `INTENTS`. */
export type IntentSet = number;

/** All intents. */
export const ALL_INTENTS: IntentSet = 2 ** INTENTS.length - 1;

const isIntent = (name: unknown): name is Intent => (INTENTS as readonly unknown[]).includes(name);

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
  Array.isArray(requested) && requested.length <= INTENTS.length && requested.every(isIntent) ? requested : undefined;

const bitOf = (intent: Intent): IntentSet => 1 << INTENTS.indexOf(intent);

/** Returns the bit set of these intents. */
export const intentsFor = (intents: readonly Intent[]): IntentSet =>
  intents.reduce((all, intent) => all | bitOf(intent), 0);

/** Returns the intents in a bit set. */
export const intentNames = (intents: IntentSet): Intent[] =>
  INTENTS.filter((intent) => includesIntent(intents, intent));

/** Returns whether a bit set contains an intent. */
export const includesIntent = (intents: IntentSet, intent: Intent): boolean => (intents & bitOf(intent)) !== 0;
