import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { EncodedJson } from './encoded-json';

/** An answer, and the version of the guild that it is true of. */
export class Versioned<Body> {
  constructor(
    readonly version: number,
    readonly body: Body,
  ) {}
}

/** Tells the version of an answer as its ETag, for `If-Match` to name. @see https://www.rfc-editor.org/rfc/rfc9110#name-etag */
export class VersionedAdapter extends FastifyAdapter {
  override reply(reply: FastifyReply, answer: unknown, status?: number): FastifyReply {
    if (!(answer instanceof Versioned)) return super.reply(reply, answer, status);
    void reply.header('ETag', `"${answer.version}"`);
    if (!(answer.body instanceof EncodedJson)) return super.reply(reply, answer.body, status);
    void reply.header('Content-Type', 'application/json; charset=utf-8');
    return super.reply(reply, answer.body.bytes, status);
  }
}
