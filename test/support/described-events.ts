import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { acknowledgementDeviations, eventDeviations, responseDeviations } from './published-schemas';

// Loaded with the world, and so by each file of the end-to-end suite: whatever a client receives there must be as the published documents state.

const deviations = new Set<string>();

afterAll(() => expect([...deviations]).toEqual([]));

/** Records how an event that a client received deviates from the AsyncAPI document. */
export function compareWithDescription(name: string, data: unknown): void {
  for (const deviation of eventDeviations(name, data)) deviations.add(`${name}${deviation}`);
}

/** Records how the acknowledgement of an interaction deviates from the AsyncAPI document. */
export function compareAcknowledgement(name: string, answer: unknown): void {
  for (const deviation of acknowledgementDeviations(name, answer)) deviations.add(`${name}${deviation}`);
}

/** Records how a response deviates from the OpenAPI document. */
export function compareResponse(app: NestFastifyApplication, response: Parameters<typeof responseDeviations>[1]): void {
  for (const deviation of responseDeviations(app, response))
    deviations.add(`${response.method} ${response.path} ${response.status}${deviation}`);
}

/** Records when an event came after one that happened later. */
export function compareWithOrder(name: string, seq: string | undefined, last: string | undefined): void {
  if (seq !== undefined && last !== undefined && BigInt(seq) < BigInt(last))
    deviations.add(`${name} came after what happened later`);
}
