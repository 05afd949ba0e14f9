import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { deserialize, serialize } from 'bson';
import fc from 'fast-check';
import { MAX_SNOWFLAKE } from '../common/snowflake';
import { describeMutation, MutationScope } from './mutation';

class Handlers {
  anything(): void {
    return undefined;
  }

  @MutationScope('nothing')
  nothing(): void {
    return undefined;
  }

  @MutationScope('account')
  account(): void {
    return undefined;
  }
}

const handlers = new Handlers();
const ME = 7n;
const base = (type: string, handler: keyof Handlers): object => ({
  getType: () => type,
  getHandler: () => handlers[handler],
  getClass: () => Handlers,
});
const interaction = (payload: unknown, handler: keyof Handlers = 'anything'): ExecutionContext =>
  ({ ...base('ws', handler), switchToWs: () => ({ getData: () => payload }) }) as unknown as ExecutionContext;
const request = (method: string, params: object, body: unknown): ExecutionContext =>
  ({
    ...base('http', 'anything'),
    switchToHttp: () => ({ getRequest: () => ({ method, params, body }) }),
  }) as unknown as ExecutionContext;
const change = (context: ExecutionContext): ReturnType<typeof describeMutation> =>
  describeMutation(new Reflector(), context, ME);

describe('describeMutation', () => {
  it('returns nothing for a read and for the scope `nothing`, and else the declared targets with the ids of the path', () => {
    expect(change(request('GET', { guild_id: '1' }, undefined))).toBeUndefined();
    expect(change(interaction({ track_id: '1' }, 'nothing'))).toBeUndefined();
    expect(change(interaction({ track_id: '1' }, 'account'))).toMatchObject({
      userId: ME,
      targets: ['account'],
      ids: { track_id: [1n] },
    });
    expect(change(request('POST', { code: 'abc' }, undefined))).toEqual({
      userId: ME,
      atMs: expect.any(Number) as number,
      ids: {},
      code: 'abc',
    });
  });

  it('prefers the ids of the path to those of the body', () =>
    expect(change(request('PUT', { guild_id: '1' }, { guild_id: '2', user_ids: ['3', 4, 'x', '5'] }))?.ids).toEqual({
      guild_id: [1n],
      user_id: [3n, 5n],
    }));

  it('returns what BSON can store and read again, whatever the client sends', () => {
    const field = fc.oneof(
      fc.constantFrom('guild_id', 'user_ids', '__proto___id', 'constructor_id', '_id'),
      fc.string(),
    );
    const id = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 65n }).map(String), fc.anything());
    const payload = fc.oneof(fc.anything(), fc.dictionary(field, fc.oneof(id, fc.array(id))));
    fc.assert(
      fc.property(payload, fc.constantFrom('POST', 'PATCH'), (said, method) => {
        for (const noted of [change(interaction(said)), change(request(method, {}, said))]) {
          expect(deserialize(serialize(noted!), { useBigInt64: true })['ids']).toEqual(noted!.ids);
          for (const named of Object.values(noted!.ids).flat())
            expect(named >= 0n && named <= MAX_SNOWFLAKE).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
