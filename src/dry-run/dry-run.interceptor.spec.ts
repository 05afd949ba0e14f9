import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host';
import { lastValueFrom, of } from 'rxjs';
import { DryRunInterceptor } from './dry-run.interceptor';
import { ImpactService } from './impact.service';

describe('DryRunInterceptor', () => {
  const interceptor = new DryRunInterceptor(Object.create(ImpactService.prototype) as ImpactService);
  const responseTo = async (query: object): Promise<unknown> => {
    const context = new ExecutionContextHost([{ query, params: {} }, {}]);
    return lastValueFrom(await interceptor.intercept(context, { handle: () => of('changed') }));
  };

  it('lets a request without dry_run pass', async () => {
    expect(await responseTo({})).toBe('changed');
  });

  it('rejects a handler that does not stop at a commit', async () => {
    await expect(responseTo({ dry_run: 'true' })).rejects.toThrow('did not commit with GuildWriter');
  });
});
