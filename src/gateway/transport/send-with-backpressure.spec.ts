import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { eventually } from '../../../test/support/eventually';
import { RawSocket } from '../../../test/support/raw-socket';
import type { ClientSocket, Packet } from './client-socket';
import { unsentBytes } from './engine-io';
import { sendWithBackpressure } from './send-with-backpressure';

const MAX_UNSENT = 100_000;
const PACKET_BYTES = 10_000;

describe('sending many packets to one client', () => {
  const http = createServer();
  const io = new Server(http, { transports: ['websocket'] });
  let url: string;
  beforeAll(async () => {
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  });
  afterAll(() => io.close());

  const connect = async (): Promise<[RawSocket, ClientSocket]> => {
    const connected = once(io.of('/gateway'), 'connection') as Promise<[ClientSocket]>;
    const raw = await RawSocket.open(url);
    raw.send('40/gateway,');
    const [socket] = await connected;
    socket.data = { session: { expires_at: new Date('2999-01-01') } } as ClientSocket['data'];
    return [raw, socket];
  };
  let [sent, most] = [0, 0];
  function* packets(count: number, { conn }: ClientSocket): Generator<Packet> {
    for ([sent, most] = [0, 0]; sent < count; sent += 1) {
      most = Math.max(most, unsentBytes(conn));
      yield { name: 'CLOSING', data: { code: 0, reason: 'x'.repeat(PACKET_BYTES) }, seq: `${sent}` };
    }
  }

  it('is as fast as the client reads', async () => {
    const [raw, socket] = await connect();
    await sendWithBackpressure(socket, packets(2_000, socket), MAX_UNSENT);
    await raw.has('},"1999"]');
    expect(raw.received.filter((text) => text.includes('CLOSING'))).toHaveLength(2_000);
    raw.close();
  });

  it('pauses while the client does not read, and ends after a time limit', async () => {
    const [raw, socket] = await connect();
    raw.stopReading();
    await expect(sendWithBackpressure(socket, packets(100_000, socket), MAX_UNSENT)).rejects.toMatchObject({
      data: { code: 4009 },
    });
    // The system's own buffers take some megabytes before anything waits here.
    expect(sent).toBeLessThan(10_000);
    expect(most).toBeGreaterThan(MAX_UNSENT / 2);
    expect(most).toBeLessThan(MAX_UNSENT + 10 * (PACKET_BYTES + 100));
    raw.close();
    // sendPaced waits ten seconds for a client.
  }, 30_000);

  it('ends with the connection', async () => {
    const [raw, socket] = await connect();
    raw.stopReading();
    const sending = sendWithBackpressure(socket, packets(100_000, socket), MAX_UNSENT);
    await eventually(() => unsentBytes(socket.conn) > MAX_UNSENT / 2);
    raw.close();
    await sending;
    expect(sent).toBeLessThan(10_000);
  });
});
