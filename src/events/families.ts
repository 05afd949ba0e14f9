import { z } from 'zod';

/** The kinds of events that clients choose from. */
export const FAMILIES = ['guilds', 'members', 'bans', 'roles', 'tracks', 'messages', 'reactions', 'typing', 'read_states', 'invites', 'user', 'presence'] as const;

/** A kind of events. */
export type Family = (typeof FAMILIES)[number];

/** What a client has chosen: a bit for each family, by its place in the list. */
export type Intents = number;

/** Everything there is to choose. */
export const ALL_INTENTS: Intents = 2 ** FAMILIES.length - 1;

/** How intents travel. */
export const intentsSchema = z.array(z.enum(FAMILIES)).max(FAMILIES.length).meta({ description: 'The kinds of events that this connection gets. Left out, it gets all of them.', example: ['messages', 'typing'] });

const bitOf = (family: Family): Intents => 1 << FAMILIES.indexOf(family);

/** The intents for these families. */
export const intentsFor = (families: readonly Family[]): Intents => families.reduce((all, family) => all | bitOf(family), 0);

/** The families of these intents. */
export const familiesOf = (intents: Intents): Family[] => FAMILIES.filter((family) => isChosen(intents, family));

/** Whether a family is among what was chosen. */
export const isChosen = (intents: Intents, family: Family): boolean => (intents & bitOf(family)) !== 0;
