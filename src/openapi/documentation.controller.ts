import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Summary } from '../common/http.decorators';
import { Public } from '../permissions/requirement.decorator';
import { asyncApi } from './async-api';

const document = asyncApi();

@ApiTags('meta')
@Controller('docs')
export class DocumentationController {
  @Get('gateway')
  @Summary('The gateway’s AsyncAPI document.')
  @Public()
  @ApiOkResponse({ description: 'AsyncAPI 3.0.' })
  gateway(): typeof document {
    return document;
  }
}
