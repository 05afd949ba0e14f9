import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { MethodNotAllowed, RouteNotFound } from '../common/common.errors';
import type { Problem } from '../common/problem';
import { problemOf } from '../common/problem.filter';
import { PROBLEM_MEDIA_TYPE, serializeProblem } from '../common/send-problem';
import { ConfigService } from '../config/config.service';
import { answerClientError } from '../common/client-errors';
import { Metrics } from './metrics';
import { mayReadMetrics } from './metrics-access';
import { MetricsTokenInvalid } from './metrics.errors';

const PATH = '/metrics';
const TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 20;

/** Serves the metrics on METRICS_PORT, apart from the public port. */
@Injectable()
export class MetricsServer implements OnApplicationBootstrap, OnApplicationShutdown {
  private server: Server | undefined;

  constructor(
    private readonly config: ConfigService,
    private readonly metrics: Metrics,
  ) {}

  /** The port that it listens on; undefined if METRICS_PORT is not set. */
  get port(): number | undefined {
    return (this.server?.address() as AddressInfo | null | undefined)?.port;
  }

  async onApplicationBootstrap(): Promise<void> {
    const port = this.config.get('METRICS_PORT');
    if (port === undefined) return;
    const server = createServer(
      { requestTimeout: TIMEOUT_MS, headersTimeout: TIMEOUT_MS },
      (request, response) => void this.respond(request, response),
    );
    server.on('clientError', answerClientError);
    server.maxConnections = MAX_CONNECTIONS;
    server.listen(port, this.config.get('HOST'));
    await once(server, 'listening');
    this.server = server;
  }

  onApplicationShutdown(): void {
    this.server?.close();
    this.server?.closeAllConnections();
  }

  private async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      response
        .setHeader('Content-Type', this.metrics.registry.contentType)
        .setHeader('Cache-Control', 'no-store')
        .end(await this.read(request));
    } catch (error) {
      endWithProblem(response, problemOf(error));
    }
  }

  /** Returns the metrics. @throws RouteNotFound, MethodNotAllowed, MetricsTokenInvalid */
  private read({ method = '', url = '', headers }: IncomingMessage): Promise<string> {
    const [path = ''] = url.split('?', 1);
    if (path !== PATH) throw new RouteNotFound(`${method} ${path}`);
    if (method !== 'GET') throw new MethodNotAllowed(method, ['GET']);
    if (!mayReadMetrics(headers.authorization, this.config.get('METRICS_TOKEN'))) throw new MetricsTokenInvalid();
    return this.metrics.registry.metrics();
  }
}

function endWithProblem(response: ServerResponse, problem: Problem): void {
  const { status } = problem.type;
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  if (problem instanceof MethodNotAllowed) response.setHeader('Allow', 'GET');
  const body = serializeProblem(problem, randomUUID());
  response.setHeader('Cache-Control', 'no-store').writeHead(status, { 'Content-Type': PROBLEM_MEDIA_TYPE }).end(body);
}
