import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { Reflector } from '@nestjs/core';
import { SkipThrottle, Throttle } from '@nestjs/throttler';
import { ConfigService, parseEnvironment } from '../config/config.service';
import { SecurityLog } from '../security/security-log';
import { BucketThrottlerStorage } from './bucket-throttler-storage';
import { LocalBuckets } from './buckets';
import { RateLimit } from './rate-limit.decorator';
import { RateLimitGuard } from './rate-limit.guard';
import { throttlers } from './throttlers';
import { RateLimited } from './throttling.errors';

class Routes {
  plain(): void {}

  @RateLimit('register')
  register(): void {}

  @Throttle({ user: { limit: 1, ttl: 5_000 } })
  rare(): void {}

  @Throttle({ search: { limit: 1, ttl: 5_000 } })
  searchOnce(): void {}

  @Throttle({ user: { limit: 2, ttl: 1_000, blockDuration: 60_000 } })
  blocking(): void {}

  @SkipThrottle({ user: true, address: true })
  unlimited(): void {}
}

@SkipThrottle({ user: true })
class UnlimitedController {
  plain(): void {}

  @SkipThrottle({ user: false })
  limited(): void {}
}

type Handler = () => void;

describe('RateLimitGuard', () => {
  let nowMs: number;
  let guard: RateLimitGuard;
  beforeEach(async () => {
    nowMs = 1_000_000;
    const config = new ConfigService(
      parseEnvironment({ RATE_USER: '3/10', RATE_ADDRESS: '2/10', RATE_REGISTER: '2/10', RATE_SEARCH: '0/1' }),
    );
    guard = new RateLimitGuard(
      { throttlers: throttlers(config) },
      new BucketThrottlerStorage(new LocalBuckets(() => nowMs)),
      new Reflector(),
      config,
      new SecurityLog(),
    );
    await guard.onModuleInit();
  });

  /** Sends a request through both steps and returns the rejecting policy, or the policies that were counted. */
  const send = async (
    handler: Handler,
    {
      user,
      ip = '192.0.2.1',
      body,
      controller = Routes,
    }: { user?: bigint; ip?: string; body?: unknown; controller?: new () => object } = {},
  ): Promise<string> => {
    const headers: Record<string, string> = {};
    const request = {
      ip,
      url: '/',
      params: {},
      body: undefined as unknown,
      requestContext: {
        params: {},
        ...(user !== undefined && { session: { id: 1n, user_id: user, expires_at: new Date() } }),
      },
    };
    const context = new ExecutionContextHost(
      [request, { header: (name: string, value: string) => (headers[name] = value) }],
      controller,
      handler,
    );
    context.setType('http');
    try {
      await guard.checkBeforeBody(context);
      request.body = body;
      await guard.canActivate(context);
      return headers['RateLimit-Policy'] ?? 'none';
    } catch (error) {
      if (!(error instanceof RateLimited)) throw error;
      return `429 ${String(error.extra['policy'])} ${String(error.extra['retry_after'])}`;
    }
  };
  const { plain, register, rare, searchOnce, blocking, unlimited } = Routes.prototype;

  it('counts a user across routes, and an address without a session across routes', async () => {
    expect([
      await send(plain, { user: 1n }),
      await send(register, { user: 1n }),
      await send(plain, { user: 1n }),
      await send(plain, { user: 1n }),
    ]).toEqual(['"user";q=3;w=10', '"user";q=3;w=10, "register";q=2;w=10', '"user";q=3;w=10', '429 user 10']);
    expect([await send(plain), await send(plain), await send(plain), await send(plain, { ip: '192.0.2.2' })]).toEqual([
      '"address";q=2;w=10',
      '"address";q=2;w=10',
      '429 address 10',
      '"address";q=2;w=10',
    ]);
  });

  it('gives a route with @Throttle a limit and a counter of its own, also for a throttler that is turned off elsewhere', async () => {
    expect([await send(rare, { user: 1n }), await send(rare, { user: 1n }), await send(plain, { user: 1n })]).toEqual([
      '"user";q=1;w=5',
      '429 user 5',
      '"user";q=3;w=10',
    ]);
    expect([await send(searchOnce, { user: 1n }), await send(searchOnce, { user: 1n })]).toEqual([
      '"search";q=1;w=5, "user";q=3;w=10',
      '429 search 5',
    ]);
    nowMs += 5_000;
    expect(await send(rare, { user: 1n })).toBe('"user";q=1;w=5');
  });

  it('rejects all requests during the block duration of @Throttle', async () => {
    await send(blocking, { user: 1n });
    await send(blocking, { user: 1n });
    expect(await send(blocking, { user: 1n })).toBe('429 user 60');
    nowMs += 59_000;
    expect(await send(blocking, { user: 1n })).toBe('429 user 1');
    nowMs += 1_000;
    expect(await send(blocking, { user: 1n })).toBe('"user";q=2;w=1');
  });

  it('does not count routes with @SkipThrottle on the method or the controller', async () => {
    for (let n = 0; n < 9; n += 1) expect(await send(unlimited, { user: 1n })).toBe('none');
    for (let n = 0; n < 9; n += 1)
      expect(await send(UnlimitedController.prototype.plain, { user: 1n, controller: UnlimitedController })).toBe(
        'none',
      );
    expect(await send(UnlimitedController.prototype.limited, { user: 1n, controller: UnlimitedController })).toBe(
      '"user";q=3;w=10',
    );
  });

  it('counts a long response by its length, at once and for the next request of the path', async () => {
    const request = {
      ip: '192.0.2.1',
      url: '/long?page=1',
      params: {},
      requestContext: { params: {}, session: { id: 1n, user_id: 1n, expires_at: new Date() } },
    };
    const context = new ExecutionContextHost([request, { header: () => undefined }], Routes, plain);
    await guard.checkBeforeBody(context);
    await guard.chargeResponse(request as never, 70_000);
    expect(await send(plain, { user: 1n })).toBe('"user";q=3;w=10');
    expect(await send(plain, { user: 1n })).toBe('429 user 10');
  });
});
