import { Controller, Get, Inject, type OnModuleInit } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { HandlerDiscovery } from '../../common/handler-discovery';
import { Summary } from '../../common/http.decorators';
import { problemsOf } from '../../common/problems.decorator';
import { Public } from '../../permissions/requirement.decorator';
import { EVENT_CATALOG } from '../../events/events.module';
import type { EventCatalog } from '../../events/event-map';
import { asyncApi } from './async-api';

@ApiTags('meta')
@Controller('docs')
export class AsyncApiController implements OnModuleInit {
  private document: ReturnType<typeof asyncApi> = {};

  constructor(
    @Inject(EVENT_CATALOG) private readonly events: EventCatalog,
    private readonly handlers: HandlerDiscovery,
  ) {}

  /** Builds the document once the handlers of all interactions exist. */
  onModuleInit(): void {
    const problems = this.handlers
      .list()
      .flatMap(({ interaction, method }) =>
        interaction === undefined ? [] : [[interaction, problemsOf(method)] as const],
      );
    this.document = asyncApi(this.events, new Map(problems));
  }

  @Get('gateway')
  @Summary('Get the AsyncAPI document of the gateway.')
  @Public()
  @ApiOkResponse({ description: 'AsyncAPI 3.0.' })
  gateway(): ReturnType<typeof asyncApi> {
    return this.document;
  }
}
