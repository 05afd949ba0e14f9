import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { now, serve, weigh } from './child';

// What the application sets too: nothing that it could be slower or bigger by is left out.
const io = new Server({
  transports: ['websocket'],
  perMessageDeflate: false,
  serveClient: false,
  pingInterval: 300_000,
  pingTimeout: 300_000,
});
const everybody = 'everybody';
let greeting: unknown;
let missed: readonly (readonly [unknown, string])[] = [];

const namespace = io.of('/gateway').on('connection', (socket) => {
  void socket.join(everybody);
  if (socket.handshake.auth['seq'] === undefined) return void socket.emit('READY', greeting, '1');
  for (const [data, seq] of missed) socket.emit('MESSAGE_CREATE', data, seq);
  socket.emit('RESUMED', { session_id: '1', replayed: missed.length, guild_ids: ['1'], intents: [] }, '1');
});

/** Starts the server. Each client receives what the application sends as READY. */
function start(ready: unknown): Promise<number> {
  greeting = ready;
  const http = createServer();
  io.attach(http);
  return new Promise((resolve) =>
    http.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => resolve((http.address() as AddressInfo).port)),
  );
}

/** Sends these events to each client that resumes. */
function miss(events: readonly (readonly [unknown, string])[]): void {
  missed = events;
}

/** Tells everybody the same. @returns when, and what it took of this process until it was handed to the network */
function emit({ data, seq }: { data: unknown; seq: string }): { sentAt: number; busyMs: number } {
  const sentAt = now();
  namespace.to(everybody).emit('MESSAGE_CREATE', data, seq);
  return { sentAt, busyMs: now() - sentAt };
}

/** What bare Socket.IO does for the benchmark. */
export interface BareDeeds {
  start: typeof start;
  emit: typeof emit;
  miss: typeof miss;
  weigh: (nothing: undefined) => ReturnType<typeof weigh>;
}

serve({ start, emit, miss, weigh } satisfies Record<keyof BareDeeds, unknown>);
