import { Injectable } from '@nestjs/common';
import { SnowflakeGenerator } from './snowflake';

/** The node's generator of ids. Its worker id is set at boot and unique among running nodes. */
@Injectable()
export class Snowflakes extends SnowflakeGenerator {}
