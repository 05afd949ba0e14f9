import { isIPv6 } from 'node:net';

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const GROUPS = 8;
const NETWORK_GROUPS = 4;

/**
 * What is counted as one address: an IPv4 address by itself, of IPv6 the whole /64. That is the least that a subscriber gets, and whoever has one
 * would otherwise come from another address each time.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6177
 */
export function ipSubnet(address: string): string {
  const mapped = MAPPED.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [beginning = [], end] = address.split('::').map((part) => part.split(':').filter(Boolean));
  const left = end === undefined ? 0 : GROUPS - beginning.length - end.length;
  const groups = [...beginning, ...new Array<string>(left).fill('0'), ...(end ?? [])];
  return `${groups
    .slice(0, NETWORK_GROUPS)
    .map((group) => parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
