import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises';
import { type ClientSocket, type Packet, send } from './client-socket';
import { unsentBytes } from './engine-io';
import { CLOSE, HandshakeRefused } from '../protocol/close-codes';

const CHECK_INTERVAL = 10;
const WAIT_MS = 5;
const MAX_WAIT_MS = 10_000;

/**
 * Sends packets to one client as fast as the client reads, and yields to the event loop in between.
 *
 * @param maxUnsentBytes maximum number of unsent bytes before sending pauses
 * @throws HandshakeRefused if the client does not read for 10 seconds
 */
export async function sendWithBackpressure(
  socket: ClientSocket,
  packets: Iterable<Packet>,
  maxUnsentBytes: number,
): Promise<void> {
  let count = 0;
  for (const { name, data, seq } of packets) {
    if (!socket.connected) return;
    send(socket, name, data, seq);
    count += 1;
    if (count % CHECK_INTERVAL === 0 || name === 'GUILD_CREATE') await waitUntilDrained(socket, maxUnsentBytes);
  }
}

async function waitUntilDrained(socket: ClientSocket, maxUnsentBytes: number): Promise<void> {
  await breathe();
  const deadlineMs = Date.now() + MAX_WAIT_MS;
  while (socket.connected && unsentBytes(socket.conn) > maxUnsentBytes) {
    if (Date.now() > deadlineMs) throw new HandshakeRefused(CLOSE.tooSlow);
    await sleep(WAIT_MS);
  }
}
