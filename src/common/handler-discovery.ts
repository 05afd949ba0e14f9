import { Injectable, RequestMethod } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';

// Nest keeps these under names that it does not export.
const PATH_METADATA = 'path';
const METHOD_METADATA = 'method';
const MESSAGE_METADATA = 'message';

/** A method that handles a route or an interaction. */
export interface Handler {
  readonly type: Function;
  readonly name: string;
  readonly method: Function;
  /** The method and path of the route; undefined for an interaction. */
  readonly route?: { readonly method: RequestMethod; readonly path: string };
  /** The name of the interaction; undefined for a route. */
  readonly interaction?: string;
}

/** Lists the handlers of all controllers and gateways of the application. */
@Injectable()
export class HandlerDiscovery {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /** Returns all handlers. */
  list(): Handler[] {
    return [...this.discovery.getControllers(), ...this.discovery.getProviders()].flatMap(({ instance, metatype }) =>
      instance && typeof metatype === 'function' ? this.handlersOf(instance as object, metatype) : [],
    );
  }

  private handlersOf(instance: object, type: Function): Handler[] {
    const prototype = Object.getPrototypeOf(instance) as Record<string, unknown>;
    return this.scanner.getAllMethodNames(prototype).flatMap((name): Handler[] => {
      const method = prototype[name];
      if (typeof method !== 'function') return [];
      const interaction = Reflect.getMetadata(MESSAGE_METADATA, method) as string | undefined;
      if (interaction !== undefined) return [{ type, name, method, interaction }];
      const path = Reflect.getMetadata(PATH_METADATA, method) as string | undefined;
      if (path === undefined) return [];
      const prefix = (Reflect.getMetadata(PATH_METADATA, type) as string | undefined) ?? '';
      const requestMethod = Reflect.getMetadata(METHOD_METADATA, method) as RequestMethod;
      return [{ type, name, method, route: { method: requestMethod, path: `${prefix}/${path}` } }];
    });
  }
}

/** Returns whether a route only reads, by its method. */
export const isReadOnly = ({ route }: Handler): boolean =>
  route !== undefined && [RequestMethod.GET, RequestMethod.HEAD, RequestMethod.OPTIONS].includes(route.method);
