import { createHash, randomBytes } from 'node:crypto';

const TOKEN_BYTES = 32;
const TOKEN_FORM = /^[A-Za-z0-9_-]{43}$/;

/** A new token: 256 random bits in base64url. */
export const newToken = (): string => randomBytes(TOKEN_BYTES).toString('base64url');

/**
 * What is stored of a token and looked up by. A fast hash is enough for 256 random bits, and looking up its hash in an index tells
 * nothing about the token, however long it takes.
 */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex');

/** The hash of whatever was sent as a token; undefined when it can't be one. */
export const hashSent = (sent: unknown): string | undefined => (typeof sent === 'string' && TOKEN_FORM.test(sent) ? hashToken(sent) : undefined);
