import { isIP } from 'node:net';

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const BRACKETED = /^\[([^\]]+)\](?::\d{1,5})?$/;
const WITH_PORT = /^(\d+\.\d+\.\d+\.\d+):\d{1,5}$/;

/** Returns the IP address in an item of `X-Forwarded-For`, without brackets, port, quotes or zone; undefined if there is none. */
export function forwardedAddress(item: string): string | undefined {
  const text = item.trim().replace(/^"(.*)"$/, '$1');
  const address = (BRACKETED.exec(text)?.[1] ?? WITH_PORT.exec(text)?.[1] ?? text).replace(/%.*$/, '');
  const plain = MAPPED.exec(address)?.[1] ?? address;
  return isIP(plain) === 0 ? undefined : plain.toLowerCase();
}

/**
 * Returns `X-Forwarded-For` with normalized addresses, cut at the last item that is no address: the request then counts as
 * sent by the proxy that added this item.
 */
export function normalizeForwardedFor(header: string): string {
  const addresses: string[] = [];
  for (const item of header.split(',').reverse()) {
    const address = forwardedAddress(item);
    if (address === undefined) break;
    addresses.unshift(address);
  }
  return addresses.join(', ');
}
