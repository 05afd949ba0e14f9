import type { Socket } from 'node:net';

/** Ends two connections together, and keeps them in `ends` for as long as they last. */
export function linkSockets(near: Socket, far: Socket, ends: Set<Socket>): void {
  for (const [end, other] of [
    [near, far],
    [far, near],
  ] as const) {
    ends.add(end);
    end.on('error', () => undefined);
    end.on('close', () => {
      ends.delete(end);
      other.destroy();
    });
  }
}
