import { PathMethods } from './path-methods';

describe('PathMethods', () => {
  const methods = new PathMethods();
  methods.add('/guilds/:guild_id', 'PATCH');
  methods.add('/guilds/:guild_id', ['GET', 'HEAD']);
  methods.add('/guilds/:guild_id/roles.list', 'GET');
  methods.add('/guilds/mine', 'PUT');
  methods.add('/docs/*', 'GET');

  it.each([
    ['/guilds/1', ['GET', 'HEAD', 'PATCH']],
    ['/guilds/mine', ['GET', 'HEAD', 'PATCH', 'PUT']],
    ['/guilds/1/roles.list', ['GET']],
    ['/guilds/1/roles-list', []],
    ['/guilds/', []],
    ['/guilds/1/', []],
    ['/docs/anything', []],
    ['/other', []],
  ])('returns the methods of %s', (path, expected) => expect(methods.allowedFor(path)).toEqual(expected));
});
