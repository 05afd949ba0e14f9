/** What a route answered. */
export interface Answer<Body = Json> {
  readonly status: number;
  readonly body: Body;
  readonly headers: Record<string, string>;
}

/** A body as it travels; specs know what they asked for. */
export type Json = Record<string, never> & { [field: string]: never };

/** Returns a body, or a field of one, as the type that a spec expects. */
export const of = <Shape>(value: unknown): Shape => value as Shape;

/** Returns the body of an answer. Throws if a step that builds a situation has another status. */
export function created<Body>({ status, body }: Answer, expected: number): Body {
  if (status !== expected) throw new Error(`Expected status ${expected}, received ${status}: ${JSON.stringify(body)}`);
  return body as unknown as Body;
}
