import { Controller, type DynamicModule, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Histogram, Registry } from 'prom-client';
import { ApiResultWithEtag } from '../../src/common/http.decorators';
import { createLog } from '../../src/common/logger';
import { Versioned } from '../../src/common/versioned';
import { parseEnvironment } from '../../src/config/config.service';
import { HttpAdapter } from '../../src/http/http-adapter';
import { registerResponseHooks } from '../../src/http/http-hooks';
import type { GuildState } from '../../src/permissions/guild-state';
import { RoleDto } from '../../src/roles/role.dto';
import { roleDtos } from '../../src/roles/roles.service';

@Controller('api/v1/guilds/:guild_id/roles')
class BareRolesController {
  static state: GuildState;

  @Get()
  @ApiResultWithEtag([RoleDto])
  list(): Versioned<RoleDto[]> {
    const { state } = BareRolesController;
    return new Versioned(state.guild.version, roleDtos(state));
  }
}

@Module({})
class BareModule {
  static with(state: GuildState): DynamicModule {
    BareRolesController.state = state;
    return { module: BareModule, controllers: [BareRolesController] };
  }
}

/** The handler of the role list with neither authentication nor guards, on what is otherwise the same server. */
export async function startBare(state: GuildState): Promise<{ url: string; stop(): Promise<void> }> {
  const app = await NestFactory.create<NestFastifyApplication>(
    BareModule.with(state),
    new HttpAdapter(createLog('silent'), parseEnvironment({})),
    { logger: false, bodyParser: false },
  );
  await registerResponseHooks(
    app,
    new Histogram({
      name: 'requests',
      help: 'How long requests took.',
      labelNames: ['method', 'route', 'status'],
      registers: [new Registry()],
    }),
  );
  await app.listen(0, '127.0.0.1');
  return { url: await app.getUrl(), stop: () => app.close() };
}
