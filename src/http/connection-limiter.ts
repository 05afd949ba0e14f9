import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { ipSubnet } from '../common/ip-subnet';
import type { ProxyTrust } from '../common/trusted-proxies';

// File descriptors that the process needs besides client connections: the database driver's pool, Redis, files.
const RESERVED_FILES = 264;
const MIN_CONNECTIONS = 48;

/** The most open connections, in total and from one address; 0 is unlimited. */
export interface ConnectionLimits {
  readonly total: number;
  readonly perAddress: number;
}

/** Counts open connections and closes those beyond the limits. Trusted proxies have no limit per address. */
export class ConnectionLimiter {
  private readonly counts = new Map<string, number>();
  private readonly total: number;
  private open = 0;

  constructor(
    private readonly limits: ConnectionLimits,
    private readonly isTrustedProxy: ProxyTrust,
    openFiles = openFileLimit(),
  ) {
    this.total = Math.min(limits.total || Infinity, Math.max(MIN_CONNECTIONS, openFiles - RESERVED_FILES));
  }

  /** Counts a connection until it closes. @returns false if it exceeds a limit */
  accept(socket: Socket): boolean {
    const { remoteAddress } = socket;
    // The client has disconnected already.
    if (remoteAddress === undefined) return false;
    const address = ipSubnet(remoteAddress);
    const fromAddress = (this.counts.get(address) ?? 0) + 1;
    const isLimited = this.limits.perAddress > 0 && !this.isTrustedProxy(remoteAddress, 0);
    if (this.open >= this.total || (isLimited && fromAddress > this.limits.perAddress)) return false;
    this.open += 1;
    this.counts.set(address, fromAddress);
    socket.once('close', () => this.release(address));
    return true;
  }

  private release(address: string): void {
    this.open -= 1;
    const left = (this.counts.get(address) ?? 1) - 1;
    if (left > 0) this.counts.set(address, left);
    else this.counts.delete(address);
  }
}

/** Returns the number of files that the process may open; Infinity if the operating system does not tell. */
function openFileLimit(): number {
  try {
    return Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Infinity);
  } catch {
    return Infinity;
  }
}
