import { createHash, timingSafeEqual } from 'node:crypto';
import { BSONType } from 'bson';
import { type Doc, Opaque, type PlainDoc } from './bson';
import { CommandError, unsupported } from './errors';

/** The user name that belongs to the secret. */
export const USER = 'derailed';

/** Commands of connections without authentication: the handshake of drivers. */
const HANDSHAKE = new Set(['hello', 'isMaster', 'ismaster']);

/** The binary data of BSON begins with its length and its subtype. */
const BINARY_HEADER_BYTES = 5;

const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/**
 * The authentication state of one connection: nothing but a handshake is allowed until the client has sent the secret with the PLAIN mechanism.
 *
 * @see https://github.com/mongodb/specifications/blob/master/source/auth/auth.md#plain
 */
export class Authentication {
  private readonly expected: Buffer;
  private isDone = false;

  constructor(secret: string) {
    this.expected = digest(Buffer.from(`\0${USER}\0${secret}`));
  }

  /**
   * Returns the reply to an attempt to authenticate; undefined for a command that the engine may run.
   *
   * @throws CommandError Unauthorized for commands before the authentication; AuthenticationFailed for a wrong secret
   */
  replyTo(body: Doc): PlainDoc | undefined {
    const command = body.keys().next().value ?? '';
    if (command === 'saslStart') return this.authenticate(body);
    if (this.isDone || HANDSHAKE.has(command)) return undefined;
    throw new CommandError(13, 'Unauthorized', `Command ${command} requires authentication`);
  }

  private authenticate(body: Doc): PlainDoc {
    const mechanism = body.get('mechanism');
    const payload = body.get('payload');
    if (mechanism !== 'PLAIN')
      throw unsupported(`authentication other than with authMechanism=PLAIN, here ${String(mechanism)}`);
    const credentials = payload instanceof Opaque ? payload.bytes.subarray(BINARY_HEADER_BYTES) : Buffer.alloc(0);
    if (!timingSafeEqual(digest(credentials), this.expected))
      throw new CommandError(18, 'AuthenticationFailed', 'Authentication failed.');
    this.isDone = true;
    return {
      conversationId: 1,
      done: true,
      payload: new Opaque(BSONType.binData, Buffer.alloc(BINARY_HEADER_BYTES)),
      ok: 1,
    };
  }
}
