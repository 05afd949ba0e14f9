import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { EncodedJson } from './encoded-json';

/** A response body with the version of the guild that it reflects. */
export class Versioned<Body> {
  constructor(
    readonly version: number,
    readonly body: Body,
  ) {}
}

/**
 * Sends the version of a response as ETag, for use in `If-Match`.
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-etag
 */
export class VersionedAdapter extends FastifyAdapter {
  override reply(reply: FastifyReply, answer: unknown, status?: number): FastifyReply {
    if (!(answer instanceof Versioned)) return super.reply(reply, answer, status);
    void reply.header('ETag', `"${answer.version}"`);
    if (!(answer.body instanceof EncodedJson)) return super.reply(reply, answer.body, status);
    void reply.header('Content-Type', 'application/json; charset=utf-8');
    return super.reply(reply, answer.body.bytes, status);
  }
}
