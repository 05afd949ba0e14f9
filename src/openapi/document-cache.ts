import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const GZIP = promisify(gzip);
const BROTLI = promisify(brotliCompress);
const BROTLI_OPTIONS = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
// Documents are fetched again after a deployment; a validator makes that one short response.
const CACHE_CONTROL = 'no-cache';
/** The content codings that are stored, best first; `identity` is always possible. */
const CODINGS = ['br', 'gzip', 'identity'] as const;

type Coding = (typeof CODINGS)[number];

interface StoredDocument {
  readonly contentType: string;
  readonly etag: string;
  readonly bodies: Readonly<Record<Coding, Buffer>>;
}

/**
 * Keeps the documents under a path in memory, compressed and with a validator: each is generated once, by the first request
 * for it; simultaneous requests wait for it.
 */
export class DocumentCache {
  private readonly documents = new Map<string, Promise<StoredDocument | undefined>>();
  private readonly pending = new Map<
    string,
    (document: StoredDocument | undefined | Promise<StoredDocument>) => void
  >();
  private readonly generating = new WeakSet<FastifyRequest>();

  /** @param isDocument returns whether a path is a document that is equal for all clients */
  constructor(private readonly isDocument: (path: string) => boolean) {}

  /** Serves documents from now on. Must be registered after the hooks that reject requests. */
  register(server: FastifyInstance): void {
    server.addHook('onRequest', async (request, reply) => {
      const path = pathOf(request);
      if (request.method !== 'GET' || request.is404 || !this.isDocument(path)) return;
      const document = await this.findOrGenerate(path, request);
      if (document) return send(request, reply, document);
    });
    server.addHook('onSend', async (request, reply, payload) =>
      this.generating.has(request) ? this.store(request, reply, payload) : payload,
    );
    server.addHook('onResponse', async (request) => this.abandon(request));
    server.addHook('onRequestAbort', async (request) => this.abandon(request));
  }

  private findOrGenerate(path: string, request: FastifyRequest): Promise<StoredDocument | undefined> | undefined {
    const existing = this.documents.get(path);
    if (existing) return existing;
    this.documents.set(path, new Promise((resolve) => this.pending.set(path, resolve)));
    this.generating.add(request);
    return undefined;
  }

  private async store(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
    const path = pathOf(request);
    const body = reply.statusCode === 200 ? await bytesOf(payload) : undefined;
    if (!body) return payload;
    const document = await compress(body, String(reply.getHeader('Content-Type')));
    this.settle(path, document);
    this.generating.delete(request);
    return prepare(request, reply, document);
  }

  // A document that could not be generated is generated again by the next request.
  private abandon(request: FastifyRequest): void {
    if (!this.generating.delete(request)) return;
    this.documents.delete(pathOf(request));
    this.settle(pathOf(request), undefined);
  }

  private settle(path: string, document: StoredDocument | undefined): void {
    this.pending.get(path)?.(document);
    this.pending.delete(path);
  }
}

const pathOf = ({ url }: FastifyRequest): string => url.split('?', 1)[0] ?? '';

async function bytesOf(payload: unknown): Promise<Buffer | undefined> {
  if (typeof payload === 'string' || Buffer.isBuffer(payload)) return Buffer.from(payload);
  if (payload === null || typeof payload !== 'object' || !(Symbol.asyncIterator in payload)) return undefined;
  const chunks: Buffer[] = [];
  for await (const chunk of payload as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function compress(body: Buffer, contentType: string): Promise<StoredDocument> {
  const [br, gzipped] = await Promise.all([BROTLI(body, BROTLI_OPTIONS), GZIP(body, { level: 9 })]);
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { contentType, etag, bodies: { br, gzip: gzipped, identity: body } };
}

/** Sets the header fields and returns the body: none if the client has the current document. */
function prepare(
  request: FastifyRequest,
  reply: FastifyReply,
  { contentType, etag, bodies }: StoredDocument,
): Buffer | undefined {
  const coding = preferredCoding(request.headers['accept-encoding']);
  void reply.removeHeader('Last-Modified').removeHeader('Accept-Ranges').removeHeader('Content-Length');
  void reply.header('Cache-Control', request.headers.authorization === undefined ? CACHE_CONTROL : 'no-store');
  const vary = reply.getHeader('Vary');
  void reply
    .header('ETag', etag)
    .header('Vary', vary === undefined ? 'Accept-Encoding' : `${String(vary)}, Accept-Encoding`);
  if (isCurrent(request.headers['if-none-match'], etag)) {
    void reply.status(304).removeHeader('Content-Type');
    return undefined;
  }
  void reply.status(200).type(contentType).header('Content-Length', bodies[coding].length);
  if (coding !== 'identity') void reply.header('Content-Encoding', coding);
  return bodies[coding];
}

const send = (request: FastifyRequest, reply: FastifyReply, document: StoredDocument): FastifyReply =>
  reply.send(prepare(request, reply, document));

/** @see https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match */
const isCurrent = (condition: string | undefined, etag: string): boolean =>
  condition !== undefined &&
  (condition.trim() === '*' || condition.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag));

/** @see https://www.rfc-editor.org/rfc/rfc9110#name-accept-encoding */
function preferredCoding(accepted: string | string[] | undefined): Coding {
  const weights = new Map(
    String(accepted ?? '')
      .toLowerCase()
      .split(',')
      .map((entry) => entry.split(';').map((part) => part.trim()))
      .map(([name = '', weight = 'q=1']) => [name, Number(weight.replace(/^q=/, ''))]),
  );
  return (
    CODINGS.find((coding) => coding === 'identity' || (weights.get(coding) ?? weights.get('*') ?? 0) > 0) ?? 'identity'
  );
}
