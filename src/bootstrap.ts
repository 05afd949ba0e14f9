import 'reflect-metadata';
import './common/bigint-json';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module';
import { createLog, PinoLogger } from './common/logger';
import type { Environment } from './config/config.schema';
import { serveDocumentation } from './openapi/openapi';
import { type DatabaseServer, openDatabase } from './database/open-database';
import { GatewayAdapter } from './gateway/transport/gateway.adapter';
import { allowOrigins } from './http/cors';
import { HttpAdapter } from './http/http-adapter';
import { registerRequestHooks, registerResponseHooks } from './http/http-hooks';
import { Metrics } from './metrics/metrics';

// All clients of a node that died come back at once, and whom the kernel turns away tries again seconds later. It has a limit of its own.
const BACKLOG = 4_096;
const DRAIN_MS = 100;
const HANG_UP_EVERY_MS = 20;

/** A running Derailed. */
export interface Derailed {
  readonly app: NestFastifyApplication;
  /** Where it listens: `http://127.0.0.1:3000`. */
  readonly url: string;
  /** Answers what is being asked, ends every connection, and closes the database. Harmless when called again. */
  stop(): Promise<void>;
}

/** Starts the whole product: its database when none is named, then the application. */
export async function bootstrap(environment: Environment): Promise<Derailed> {
  const database = await openDatabase(environment);
  try {
    const app = await listen(environment, database);
    let stopped: Promise<void> | undefined;
    return {
      app,
      url: (await app.getUrl()).replace('[::1]', '127.0.0.1'),
      stop: () => (stopped ??= close(app).finally(() => database.stop())),
    };
  } catch (error) {
    await database.stop();
    throw error;
  }
}

async function close(app: NestFastifyApplication): Promise<void> {
  // Closing drops connections on which nothing was read yet; a moment before, what clients have sent by now is read.
  await new Promise((resolve) => setTimeout(resolve, DRAIN_MS));
  // A connection that is kept alive is idle again once its last answer is sent, and would hold up the end for a minute.
  const server = app.getHttpServer();
  const hangUp = setInterval(() => server.closeIdleConnections(), HANG_UP_EVERY_MS);
  await app.close().finally(() => clearInterval(hangUp));
}

async function listenOn(app: NestFastifyApplication, { PORT: port, HOST: host }: Environment): Promise<void> {
  try {
    await app.listen({ port, host, backlog: BACKLOG });
  } catch (error) {
    const { syscall, message } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    throw new Error(
      `${syscall === 'getaddrinfo' ? 'HOST' : 'HOST or PORT'}: cannot listen on ${host}:${port} (${message}).`,
      { cause: error },
    );
  }
}

async function listen(environment: Environment, database: DatabaseServer): Promise<NestFastifyApplication> {
  const log = createLog(environment.LOG_LEVEL);
  const adapter = new HttpAdapter(log, environment);
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(environment, database.uri), adapter, {
    bodyParser: false,
    logger: new PinoLogger(log),
    abortOnError: false,
  });
  try {
    await registerResponseHooks(app, app.get(Metrics).requests);
    registerRequestHooks(app, adapter, environment.CORS_ORIGINS);
    allowOrigins(app, environment.CORS_ORIGINS);
    app.setGlobalPrefix('api/v1', { exclude: ['health/live', 'health/ready', 'metrics', 'docs/gateway'] });
    app.useWebSocketAdapter(new GatewayAdapter(app, environment));
    serveDocumentation(app);
    await listenOn(app, environment);
    return app;
  } catch (error) {
    await app.close();
    throw error;
  }
}
