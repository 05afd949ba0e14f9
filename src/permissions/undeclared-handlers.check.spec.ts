import { Controller, Get, Injectable, type Type } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Public } from './requirement.decorator';
import { UndeclaredHandlersCheck } from './undeclared-handlers.check';

@Controller('open')
class Declared {
  @Get()
  @Public()
  read(): string {
    return 'x';
  }

  helper(): void {}
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

const boot = async (controllers: Type[], providers: Type[] = []): Promise<void> => {
  const module = await Test.createTestingModule({
    imports: [DiscoveryModule],
    controllers,
    providers: [UndeclaredHandlersCheck, ...providers],
  }).compile();
  await module.init();
};

describe('booting', () => {
  it('continues if every handler declares its requirement', async () => {
    await expect(boot([Declared])).resolves.toBeUndefined();
  });

  it('stops at a route that declares no requirement, and names it', async () => {
    await expect(boot([Declared, Forgotten])).rejects.toThrow('Forgotten.read');
  });

  it('stops at a gateway event that declares no requirement, and names it', async () => {
    await expect(boot([Declared], [ForgottenGateway])).rejects.toThrow('ForgottenGateway.act');
  });
});
