import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { RequirementMetadata } from './requirement.decorator';

// Nest keeps these under names that it does not export.
const PATH_METADATA = 'path';
const MESSAGE_METADATA = 'message';

/** Refuses to boot while any route or gateway event has no declared requirement: deny by default. */
@Injectable()
export class UndeclaredHandlersCheck implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  /** @throws Error naming every handler that declares nothing */
  onModuleInit(): void {
    const open = [...this.discovery.getControllers(), ...this.discovery.getProviders()].flatMap(
      ({ instance, metatype }) =>
        instance && typeof metatype === 'function' ? this.undeclared(instance as object, metatype) : [],
    );
    if (open.length > 0)
      throw new Error(
        `These handlers declare no requirement (@Public, @Authenticated, @RequirePermissions, …): ${open.join(', ')}.`,
      );
  }

  private undeclared(instance: object, type: Function): string[] {
    const prototype = Object.getPrototypeOf(instance) as object;
    return this.scanner.getAllMethodNames(prototype).flatMap((name) => {
      const handler = (prototype as Record<string, unknown>)[name];
      if (typeof handler !== 'function' || !isHandler(handler)) return [];
      return this.reflector.getAllAndOverride(RequirementMetadata, [handler, type]) ? [] : [`${type.name}.${name}`];
    });
  }
}

const isHandler = (method: object): boolean =>
  Reflect.hasMetadata(PATH_METADATA, method) || Reflect.hasMetadata(MESSAGE_METADATA, method);
