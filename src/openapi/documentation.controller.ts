import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Summary } from '../common/http.decorators';
import { Public } from '../permissions/requirement.decorator';
import { EVENT_CATALOG } from '../events/events.module';
import type { EventCatalog } from '../events/event-map';
import { asyncApi } from './async-api';

@ApiTags('meta')
@Controller('docs')
export class DocumentationController {
  private readonly document: ReturnType<typeof asyncApi>;

  constructor(@Inject(EVENT_CATALOG) events: EventCatalog) {
    this.document = asyncApi(events);
  }

  @Get('gateway')
  @Summary('The gateway’s AsyncAPI document.')
  @Public()
  @ApiOkResponse({ description: 'AsyncAPI 3.0.' })
  gateway(): ReturnType<typeof asyncApi> {
    return this.document;
  }
}
