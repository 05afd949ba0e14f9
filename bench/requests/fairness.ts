import { median } from '../support/statistics';
import { BODIES } from './cases';
import { agentWith, type Request, send } from './client';
import type { FullGuild } from './guild';
import type { Server } from './server';

const ABUSER_CONNECTIONS = 40;
const DURATION_MS = 3_000;
const WARM_UP_MS = 500;
// 25 reads in a second are half of what a user may send.
const READ_INTERVAL_MS = 40;

/** The latency of one user's reads while another user abuses the server. */
export interface Fairness {
  readonly name: string;
  readonly quietMs: number;
  readonly busyMs: number;
}

/** Measures reads of a user, with the default rate limits, alone and beside each abuser on 40 connections. */
export async function measureFairness(server: Server, { token, otherToken, params }: FullGuild): Promise<Fairness[]> {
  const api = `${server.url}/api/v1`;
  const read: Request = { method: 'GET', url: `${api}/users/@me`, token: otherToken };
  const abusers: Readonly<Record<string, Request>> = {
    'long track list': { method: 'GET', url: `${api}/guilds/${params['guild_id']}/tracks`, token },
    'page of messages': { method: 'GET', url: `${api}/tracks/${params['track_id']}/messages?limit=100`, token },
    'invalid fields': {
      method: 'PATCH',
      url: `${api}/guilds/${params['guild_id']}/roles`,
      token,
      body: BODIES['invalid fields'],
    },
    'deep body without a token': { method: 'POST', url: `${api}/auth/login`, body: BODIES['deep, short'] },
    'OpenAPI document': { method: 'GET', url: `${server.url}/docs/openapi.yaml` },
    'unknown path': { method: 'GET', url: `${server.url}/nothing` },
  };
  const results: Fairness[] = [];
  for (const [name, request] of Object.entries(abusers)) {
    await medianRead(read, WARM_UP_MS);
    const quietMs = await medianRead(read);
    const stop = abuse(request);
    const busyMs = await medianRead(read);
    await stop();
    results.push({ name, quietMs, busyMs });
  }
  return results;
}

async function medianRead(request: Request, durationMs = DURATION_MS): Promise<number> {
  const agent = agentWith(4);
  const latencies: Promise<number>[] = [];
  for (
    const end = performance.now() + durationMs;
    performance.now() < end;
    await new Promise((resolve) => setTimeout(resolve, READ_INTERVAL_MS))
  ) {
    const start = performance.now();
    latencies.push(send(agent, request).then(() => performance.now() - start));
  }
  const result = median(await Promise.all(latencies));
  agent.destroy();
  return result;
}

function abuse(request: Request): () => Promise<void> {
  const agent = agentWith(ABUSER_CONNECTIONS);
  let isOver = false;
  const again = async (): Promise<void> => {
    while (!isOver) await send(agent, request);
  };
  const running = Array.from({ length: ABUSER_CONNECTIONS }, again);
  return async () => {
    isOver = true;
    await Promise.all(running);
    agent.destroy();
  };
}
