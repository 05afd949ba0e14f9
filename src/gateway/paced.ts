import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises';
import { type ClientSocket, type Packet, send } from './connection';
import { unsentBytes } from './engine';
import { CLOSE, HandshakeRefused } from './gateway.errors';

const LOOK_EVERY = 10;
const WAIT_MS = 5;
const MOST_WAIT_MS = 10_000;

/**
 * Sends many packets to one client, no faster than it reads, and lets the node do other things in between.
 *
 * @param mostUnsent bytes that may wait for the client
 * @throws HandshakeRefused when it does not read
 */
export async function sendPaced(socket: ClientSocket, packets: Iterable<Packet>, mostUnsent: number): Promise<void> {
  let count = 0;
  for (const { name, data, seq } of packets) {
    if (!socket.connected) return;
    send(socket, name, data, seq);
    count += 1;
    if (count % LOOK_EVERY === 0 || name === 'GUILD_CREATE') await hasRead(socket, mostUnsent);
  }
}

async function hasRead(socket: ClientSocket, mostUnsent: number): Promise<void> {
  await breathe();
  for (const deadlineMs = Date.now() + MOST_WAIT_MS; socket.connected && unsentBytes(socket.conn) > mostUnsent; await sleep(WAIT_MS)) {
    if (Date.now() > deadlineMs) throw new HandshakeRefused(CLOSE.tooSlow);
  }
}
