import { Controller, Get, Injectable, Post, type Type } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { MutationScope } from '../cluster/mutation';
import { HandlerDiscovery } from '../common/handler-discovery';
import { Authenticated, Public } from './requirement.decorator';
import { UndeclaredHandlersCheck } from './undeclared-handlers.check';

@Controller('open')
class Declared {
  @Get()
  @Public()
  read(): string {
    return 'x';
  }

  unrouted(): void {}

  @Post(':guild_id')
  @Authenticated()
  @MutationScope('guild')
  change(): void {}
}

@Controller('forgotten')
class Forgotten {
  @Get()
  read(): string {
    return 'x';
  }
}

@WebSocketGateway()
@Injectable()
class ForgottenGateway {
  @SubscribeMessage('x.do')
  act(): void {}
}

@Controller('unscoped')
class Unscoped {
  @Post()
  @Authenticated()
  change(): void {}
}

@Controller('unidentified/:guild_id')
class Unidentified {
  @Post()
  @Authenticated()
  @MutationScope('guild', 'members')
  change(): void {}
}

@WebSocketGateway()
@Injectable()
class UnscopedGateway {
  @SubscribeMessage('x.do')
  @Authenticated()
  act(): void {}
}

const boot = async (controllers: Type[], providers: Type[] = []): Promise<void> => {
  const module = await Test.createTestingModule({
    imports: [DiscoveryModule],
    controllers,
    providers: [HandlerDiscovery, UndeclaredHandlersCheck, ...providers],
  }).compile();
  await module.init();
};

describe('UndeclaredHandlersCheck', () => {
  it('boots when every handler declares its requirement and its mutation scope', async () => {
    await expect(boot([Declared])).resolves.toBeUndefined();
  });

  it('stops the boot at a route without a requirement, and names the route', async () => {
    await expect(boot([Declared, Forgotten])).rejects.toThrow('Forgotten.read');
  });

  it('stops the boot at an interaction without a requirement, and names the interaction', async () => {
    await expect(boot([Declared], [ForgottenGateway])).rejects.toThrow('ForgottenGateway.act');
  });

  it('stops the boot at a route that is not a GET and declares no mutation scope', async () => {
    await expect(boot([Declared, Unscoped])).rejects.toThrow('Unscoped.change declares no @MutationScope');
  });

  it('stops the boot at an interaction that declares no mutation scope', async () => {
    await expect(boot([Declared], [UnscopedGateway])).rejects.toThrow('UnscopedGateway.act declares no @MutationScope');
  });

  it('stops the boot at a route whose path does not identify what its mutation scope names', async () => {
    await expect(boot([Declared, Unidentified])).rejects.toThrow(
      "Unidentified.change declares @MutationScope('members')",
    );
  });
});
