import { createHash, timingSafeEqual } from 'node:crypto';

const BEARER = /^Bearer +(\S+)$/i;

/**
 * Returns whether an `Authorization` header grants access to the metrics. Compares digests in constant time, so that the duration reveals neither
 * the length nor the beginning of the token.
 *
 * @param token the configured token; undefined grants access to everyone
 */
export function mayReadMetrics(authorization: string | undefined, token: string | undefined): boolean {
  if (token === undefined) return true;
  const sent = BEARER.exec(authorization ?? '')?.[1] ?? '';
  return timingSafeEqual(digest(sent), digest(token));
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
