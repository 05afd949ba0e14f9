import { asyncApi } from '../../src/openapi/async-api';
import { EVENTS } from '../../src/event-catalog';
import { GATEWAY_EVENTS } from '../../src/gateway/protocol/gateway-events';

// Loaded with the world, and so by each file of the end-to-end suite: whatever a client got in there must be in the AsyncAPI document, and be
// what the maps say that the document is made from.

const { channels } = asyncApi(EVENTS) as { channels: { gateway: { messages: Record<string, unknown> } } };
const maps = { ...EVENTS, ...GATEWAY_EVENTS };

const deviations = new Set<string>();

afterAll(() => expect([...deviations]).toEqual([]));

/** Records how an event that a client received differs from its documentation. */
export function compareWithDescription(name: string, data: unknown): void {
  if (!(name in channels.gateway.messages)) return void deviations.add(`${name} is not in the AsyncAPI document`);
  const { error } = maps[name as keyof typeof maps].data.safeParse(data);
  for (const { path, message } of error?.issues ?? []) deviations.add(`${name}.${path.join('.')}: ${message}`);
}

/** Remembers when an event came after one that happened later. */
export function compareWithOrder(name: string, seq: string | undefined, last: string | undefined): void {
  if (seq !== undefined && last !== undefined && BigInt(seq) < BigInt(last))
    deviations.add(`${name} came after what happened later`);
}
