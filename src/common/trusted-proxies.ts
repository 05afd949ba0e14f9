import proxyAddr from '@fastify/proxy-addr';

/** Returns whether the proxy at an address is trusted; `hop` is 0 for the peer of the connection, 1 for the one before it. */
export type ProxyTrust = (address: string, hop: number) => boolean;

/**
 * Returns which proxies may name the address of the client in `X-Forwarded-For`.
 *
 * @param setting TRUST_PROXY: empty or `false`, `true`, a number of hops, or a list of addresses and networks
 * @throws Error naming the setting if an address is invalid
 */
export function trustedProxies(setting: string | undefined): ProxyTrust {
  if (setting === undefined || setting === 'false') return () => false;
  if (setting === 'true') return () => true;
  if (/^\d{1,3}$/.test(setting)) return (_address, hop) => hop < Number(setting);
  const items = setting.split(',').map((address) => address.trim());
  // The compiler would read a plain number as an IPv4 address.
  const number = items.find((item) => /^\d+$/.test(item));
  if (number !== undefined) throw new Error(`TRUST_PROXY: invalid IP address: ${number}`);
  try {
    return proxyAddr.compile(items);
  } catch (error) {
    throw new Error(`TRUST_PROXY: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
