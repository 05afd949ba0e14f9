/** Whose `X-Forwarded-For` is believed: nobody's, everybody's (`true`), or that of these addresses and networks. */
export function trustedProxies(setting: string | undefined): boolean | string[] {
  if (setting === undefined || setting === 'false') return false;
  return setting === 'true' ? true : setting.split(',').map((address) => address.trim());
}
