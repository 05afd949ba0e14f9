import { atMost } from './at-most';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { SnowflakeService } from '../common/snowflake.service';

/** Starts the id generator above the newest stored id of every collection, with one command per collection. */
@Injectable()
export class NewestIds implements OnModuleInit {
  constructor(
    @InjectConnection() private readonly connection: Connection,
    private readonly snowflakes: SnowflakeService,
  ) {}

  async onModuleInit(): Promise<void> {
    const models = Object.values(this.connection.models).filter(
      ({ schema }) => schema.path('_id').instance === 'BigInt',
    );
    const newest = await Promise.all(
      models.map(({ collection }) =>
        collection
          .find<{ _id: Snowflake }>({ _id: { $gt: 0n } } as object, { projection: { _id: 1 } })
          .sort({ _id: -1 })
          .limit(atMost(1))
          .toArray(),
      ),
    );
    for (const [document] of newest) if (document) this.snowflakes.observe(document._id);
  }
}
