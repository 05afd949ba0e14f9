import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Snowflake } from '../common/snowflake';

const ID_BYTES = 8;
const SECRET_BYTES = 32;
const SIGNED_BYTES = 2 * ID_BYTES + SECRET_BYTES;
const SIGNATURE_BYTES = 16;
const TOKEN_FORM = /^[A-Za-z0-9_-]{86}$/;

/** A token whose signature is valid: this server issued it. The session may have been revoked since. */
export interface SignedToken {
  readonly userId: Snowflake;
  readonly sessionId: Snowflake;
  /** SHA-256 of the token's random part, in base64url, as stored with the session. */
  readonly secretHash: string;
}

/**
 * Issues tokens and checks their signature without the database.
 *
 * A token is 64 bytes in base64url: user id, session id, 256 random bits, and the first 128 bits of an HMAC-SHA-256 over these. The signature
 * rejects guesses before they cost a query. The random bits, of which only a hash is stored, protect sessions if the database is read by
 * somebody else, the signing key included.
 */
export class TokenSigner {
  constructor(private readonly key: Buffer) {}

  /** Issues the token of a new session. @returns the token for the client, and the hash to store */
  issue(userId: Snowflake, sessionId: Snowflake): { readonly token: string; readonly secretHash: string } {
    const signed = Buffer.alloc(SIGNED_BYTES);
    signed.writeBigUInt64BE(userId, 0);
    signed.writeBigUInt64BE(sessionId, ID_BYTES);
    const secret = randomBytes(SECRET_BYTES);
    secret.copy(signed, 2 * ID_BYTES);
    return {
      token: Buffer.concat([signed, this.signatureOf(signed)]).toString('base64url'),
      secretHash: hashOf(secret),
    };
  }

  /** Returns what a token says; undefined if it was not issued with this key. */
  verify(sent: unknown): SignedToken | undefined {
    if (typeof sent !== 'string' || !TOKEN_FORM.test(sent)) return undefined;
    const bytes = Buffer.from(sent, 'base64url');
    const signed = bytes.subarray(0, SIGNED_BYTES);
    // The last character has bits that no byte contains; each token has one spelling only.
    if (
      !timingSafeEqual(this.signatureOf(signed), bytes.subarray(SIGNED_BYTES)) ||
      bytes.toString('base64url') !== sent
    )
      return undefined;
    return {
      userId: signed.readBigUInt64BE(0),
      sessionId: signed.readBigUInt64BE(ID_BYTES),
      secretHash: hashOf(signed.subarray(2 * ID_BYTES)),
    };
  }

  private signatureOf(signed: Buffer): Buffer {
    return createHmac('sha256', this.key).update(signed).digest().subarray(0, SIGNATURE_BYTES);
  }
}

const hashOf = (secret: Buffer): string => createHash('sha256').update(secret).digest('base64url');
