import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { now, serve, weigh } from './child';

// What the application sets too: nothing that it could be slower or bigger by is left out.
const io = new Server({ transports: ['websocket'], perMessageDeflate: false, serveClient: false, pingInterval: 300_000, pingTimeout: 300_000 });
const everybody = 'everybody';
let greeting: unknown;

const namespace = io.of('/gateway').on('connection', (socket) => {
  void socket.join(everybody);
  socket.emit('READY', greeting);
});

/** Begins to listen. Whoever comes is told what the application tells with READY. */
function start(ready: unknown): Promise<number> {
  greeting = ready;
  const http = createServer();
  io.attach(http);
  return new Promise((resolve) => http.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => resolve((http.address() as AddressInfo).port)));
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
  weigh: (nothing: undefined) => ReturnType<typeof weigh>;
}

serve({ start, emit, weigh } satisfies Record<keyof BareDeeds, unknown>);
