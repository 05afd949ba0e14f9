import type { Shape, ShapeValue } from '../common/dto/json-schema';
import type { Intent } from './intents';

/** What the nodes and the AsyncAPI document need to know about an event. */
export interface EventDefinition<Payload extends Shape = Shape> {
  readonly summary: string;
  /** Class of the payload. */
  readonly data: Payload;
  /** The intent with which a client receives the event. */
  readonly intent?: Intent;
  /** True if the event is for the nodes only and never sent to a client. */
  readonly internal?: true;
  /** True if a resuming client does not receive missed events of this name. */
  readonly ephemeral?: true;
  /** True if the event can change which tracks members of the guild view, or in which order. */
  readonly affectsVisibility?: true;
  /** Returns the version keys of cached values that the event makes outdated. The writer of a guild document bumps the keys of the guild. */
  readonly invalidates?: (data: ShapeValue<Payload>) => readonly string[];
}

/** The payload of each defined event, by name. */
export type EventPayloads<Events> = {
  readonly [Name in keyof Events]: Events[Name] extends { readonly data: infer Payload extends Shape }
    ? ShapeValue<Payload>
    : never;
};

const definitions = new Map<string, EventDefinition>();

/**
 * Defines and registers the events of a feature. The feature also adds them to the `EventMap`:
 *
 * ```ts
 * declare module '../events/event-map' {
 *   interface EventMap extends EventPayloads<typeof ROLE_EVENTS> {}
 * }
 * ```
 *
 * @throws Error if an event of the same name is defined already
 */
export function defineEvents<const Payloads extends Record<string, Shape>>(events: {
  readonly [Name in keyof Payloads]: EventDefinition<Payloads[Name]>;
}): { readonly [Name in keyof Payloads]: EventDefinition<Payloads[Name]> } {
  for (const [name, definition] of Object.entries<EventDefinition>(events)) {
    if (definitions.has(name)) throw new Error(`The event ${name} is defined twice.`);
    definitions.set(name, definition);
  }
  return events;
}

/** Returns the definition of an event. @throws Error if no loaded feature defines the event */
export function findDefinition(name: string): EventDefinition {
  const definition = definitions.get(name);
  if (!definition) throw new Error(`The event ${name} is not defined.`);
  return definition;
}
