import { isIPv6 } from 'node:net';

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const GROUPS = 8;
const NETWORK_GROUPS = 4;

/**
 * Returns the unit in which addresses are counted: an IPv4 address itself, the /64 network of an IPv6 address. A /64 is
 * the smallest network that a subscriber gets, who could otherwise use a new address for every request.
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
