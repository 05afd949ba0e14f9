import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ConfigService } from '../config/config.service';
import { Metrics } from './metrics';
import { mayReadMetrics } from './metrics-access';

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
    server.maxConnections = MAX_CONNECTIONS;
    server.listen(port, this.config.get('HOST'));
    await once(server, 'listening');
    this.server = server;
  }

  onApplicationShutdown(): void {
    this.server?.close();
    this.server?.closeAllConnections();
  }

  private async respond({ method, url, headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    if (url?.split('?')[0] !== '/metrics') return end(response, 404, 'Not found');
    if (method !== 'GET') return end(response.setHeader('Allow', 'GET'), 405, 'Method not allowed');
    if (!mayReadMetrics(headers.authorization, this.config.get('METRICS_TOKEN')))
      return end(response.setHeader('WWW-Authenticate', 'Bearer'), 401, 'METRICS_TOKEN is missing or wrong');
    try {
      end(
        response.setHeader('Content-Type', this.metrics.registry.contentType),
        200,
        await this.metrics.registry.metrics(),
      );
    } catch {
      end(response, 500, 'The metrics cannot be read');
    }
  }
}

const end = (response: ServerResponse, status: number, body: string): void =>
  void response.setHeader('Cache-Control', 'no-store').writeHead(status).end(body);
