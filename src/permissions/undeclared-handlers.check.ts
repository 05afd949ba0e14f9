import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { MUTATION_FIELDS, mutationTargetsOf } from '../cluster/mutation';
import { type Handler, HandlerDiscovery, isReadOnly } from '../common/handler-discovery';
import { type Requirement, RequirementMetadata } from './requirement.decorator';

/**
 * Stops the boot while a route or interaction declares no requirement (deny by default), or changes something without a declaration of what is published
 * again after a crash.
 */
@Injectable()
export class UndeclaredHandlersCheck implements OnModuleInit {
  constructor(
    private readonly handlers: HandlerDiscovery,
    private readonly reflector: Reflector,
  ) {}

  /** @throws Error with the name of each handler whose declarations are incomplete */
  onModuleInit(): void {
    const faults = this.handlers.list().flatMap((handler) => {
      const fault = this.faultOf(handler);
      return fault === undefined ? [] : [`${handler.type.name}.${handler.name} ${fault}`];
    });
    if (faults.length > 0) throw new Error(`Incomplete declarations of handlers: ${faults.join('; ')}.`);
  }

  private faultOf(handler: Handler): string | undefined {
    const { type, method, route } = handler;
    const requirement = this.reflector.getAllAndOverride(RequirementMetadata, [method, type]) as
      Requirement | undefined;
    if (!requirement) return 'declares no requirement (@Public, @Authenticated, @RequirePermissions, …)';
    if (requirement.kind === 'public' || isReadOnly(handler)) return undefined;
    const targets = mutationTargetsOf(this.reflector, method, type);
    if (!targets) return 'declares no @MutationScope';
    // The fields of a payload are declared by its class, those of a route by its path.
    const path = route?.path.split('/');
    const unidentified = targets.find(
      (target) =>
        path && !MUTATION_FIELDS[target].some((fields) => fields.every((field) => path.includes(`:${field}`))),
    );
    return unidentified && `declares @MutationScope('${unidentified}') and its path does not identify that`;
  }
}
