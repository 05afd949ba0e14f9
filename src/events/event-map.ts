import { type EventDefinition, type EventPayloads, findDefinition } from './define-events';
// Registers the events of the log, which the log itself appends.
import './log.events';
import type { LOG_EVENTS } from './log.events';

/**
 * The payload of every event, by name. Features add theirs by declaration merging (see `defineEvents`). Publishing, dispatch, resume and
 * the AsyncAPI document derive from it, so that renaming a field breaks the build everywhere it matters.
 */
export interface EventMap extends EventPayloads<typeof LOG_EVENTS> {}

/** The name of an event. */
export type EventName = keyof EventMap;

/** The payload of the event of this name. */
export type EventData<Name extends EventName> = EventMap[Name];

/** The definitions of all events. A missing event does not compile. */
export type EventCatalog = { readonly [Name in EventName]: EventDefinition };

/** Returns the definition of an event. @throws Error if no loaded feature defines the event */
export const definitionOf = (name: EventName): EventDefinition => findDefinition(name);

/** Returns whether an event has this name. */
export const isNamed = <Name extends EventName>(
  event: { readonly name: EventName },
  name: Name,
): event is { readonly name: Name; readonly data: EventData<Name> } => event.name === name;

/** Returns whether an event is for the nodes only and never sent to a client. */
export const isInternal = (name: EventName): boolean => definitionOf(name).internal === true;

/** Returns the version keys of cached values that an event makes outdated. */
export const cacheKeysInvalidatedBy = <Name extends EventName>(name: Name, data: EventData<Name>): readonly string[] =>
  definitionOf(name).invalidates?.(data) ?? [];
