import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { linkSockets } from './link-sockets';

/** A proxy in front of a server that can be cut, while the server continues to serve its other clients. */
export class LossyProxy {
  private readonly ends = new Set<Socket>();
  private isCut = false;
  private rejectedCount = 0;

  private constructor(
    private readonly server: Server,
    private readonly port: number,
  ) {}

  static async to(url: string): Promise<LossyProxy> {
    const server = createServer();
    const wire = new LossyProxy(server, Number(new URL(url).port));
    server.on('connection', (near) => wire.join(near));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return wire;
  }

  /** Where the server can be reached through the wire. */
  get url(): string {
    return `redis://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** How many connection attempts the wire has rejected since it was created. */
  get rejected(): number {
    return this.rejectedCount;
  }

  /** Closes every connection and rejects new ones. */
  cut(): void {
    this.isCut = true;
    for (const end of this.ends) end.destroy();
  }

  mend(): void {
    this.isCut = false;
  }

  async close(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private join(near: Socket): void {
    if (this.isCut) {
      this.rejectedCount += 1;
      near.destroy();
      return;
    }
    const far = connect(this.port, '127.0.0.1');
    linkSockets(near, far, this.ends);
    near.pipe(far).pipe(near);
  }
}
