import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { eventually } from './support/eventually';
import { describeOnce } from './support/once';

const DERAILED = resolve(__dirname, '../dist/cli/main.js');
const COMMANDS = ['serve', 'backup', 'restore', 'copy', 'db-serve', 'health', 'demo'];
const START_MS = 60_000;

interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

describeOnce('the command line', () => {
  let folder: string;
  const children: ChildProcess[] = [];
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'derailed-cli-'))));
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  const launch = (
    args: readonly string[],
    settings: Record<string, string> = {},
  ): { child: ChildProcess; read: () => Finished } => {
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(process.execPath, [DERAILED, ...args], {
      cwd: folder,
      env: { PATH, HOME, TMPDIR: folder, LOG_LEVEL: 'error', ...settings },
    });
    children.push(child);
    let [out, error] = ['', ''];
    child.stdout.on('data', (text: Buffer) => (out += text.toString()));
    child.stderr.on('data', (text: Buffer) => (error += text.toString()));
    return { child, read: () => ({ code: child.exitCode, out, error }) };
  };
  const run = async (args: readonly string[], settings?: Record<string, string>): Promise<Finished> => {
    const { child, read } = launch(args, settings);
    await once(child, 'close');
    return read();
  };
  const serve = async (
    settings: Record<string, string> = {},
  ): Promise<{ url: string; child: ChildProcess; read: () => Finished }> => {
    const started = launch(['serve', '--json'], { PORT: '0', ...settings });
    await eventually(() => started.read().out.includes('\n') || started.child.exitCode !== null, START_MS);
    const { out, error } = started.read();
    if (!out.includes('\n')) throw new Error(`The server did not start: ${error}`);
    return { ...started, url: (JSON.parse(out) as { url: string }).url };
  };
  const stop = async (child: ChildProcess): Promise<void> => {
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    await closed;
  };

  it.each([
    [['serve'], { HOST: '999.1.1.1' }, 'HOST'],
    [['serve'], { PORT: '1', HOST: '192.0.2.1' }, 'HOST or PORT'],
    [['serve'], { MONGODB_URI: 'mongodb://' }, 'MONGODB_URI'],
    [['serve'], { MONGODB_URI: 'mongodb://host:99999/x' }, 'MONGODB_URI'],
  ])('fails with %j and %j, and names the setting', async (args, settings, name) => {
    const { code, error } = await run(args, settings);
    expect([code, error]).toEqual([1, expect.stringContaining(`${name}: `)]);
  });

  it('does not copy a database that does not exist, and creates none', async () => {
    const { code, out } = await run(['copy', 'mongodb://127.0.0.1:1/x', '--data', 'missing', '--json']);
    expect([code, JSON.parse(out)]).toEqual([1, { error: 'There is no data in missing.' }]);
    expect(existsSync(join(folder, 'missing'))).toBe(false);
  });

  it('reports an unknown command as JSON if requested', async () => {
    const { code, out } = await run(['nope', '--json']);
    expect([code, JSON.parse(out)]).toEqual([2, { error: 'Unknown command: nope' }]);
  });

  it('prints its help and version', async () => {
    const { code, out } = await run(['--help']);
    expect(code).toBe(0);
    for (const name of COMMANDS) expect(out).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    expect((await run(['--version'])).out.trim()).toBe(
      (JSON.parse(readFileSync(resolve(__dirname, '../package.json'), 'utf8')) as { version: string }).version,
    );
  });

  it.each(COMMANDS)('prints the help of %s', async (name) => {
    expect(await run([name, '--help'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(new RegExp(`^Usage: derailed ${name}\\b[^]*--json`)) as unknown,
      error: '',
    });
  });

  it.each([
    [[]],
    [['no-such-command']],
    [['backup']],
    [['backup', 'a', 'b']],
    [['restore']],
    [['serve', 'x']],
    [['db-serve', '--port', 'x']],
    [['health', '--no-such-option']],
    [['constructor']],
  ])('exits with 2 for the invalid command line %j', async (args) => {
    const { code, out, error } = await run(args);
    expect([code, out, error.length > 0]).toEqual([2, '', true]);
  });

  it('exits with 1 and one line if a command fails, as JSON if requested', async () => {
    expect(await run(['backup', join(folder, 'to')])).toEqual({
      code: 1,
      out: '',
      error: 'derailed backup: There is no data in .data.\n',
    });
    const { code, out } = await run(['backup', join(folder, 'to'), '--json']);
    expect([code, JSON.parse(out)]).toEqual([1, { error: 'There is no data in .data.' }]);
    expect((await run(['health'], { PORT: '1' })).code).toBe(1);
    expect((await run(['backup', join(folder, 'to')], { MONGODB_URI: 'mongodb://user:secret@x/y' })).error).toMatch(
      /^(?!.*secret).*mongodump/,
    );
  });

  it('reads .env with a byte order mark and CRLF, warns about unknown settings, and rejects invalid ones by name', async () => {
    writeFileSync(
      join(folder, '.env'),
      '\uFEFFPORT=0\r\nDATA_DIR=elsewhere\r\nHOST=\r\nCORS_ORIGIN=https://a.example\r\n',
    );
    const { child, read, url } = await serve({});
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(read().error).toBe('Warning: CORS_ORIGIN is not a setting of Derailed; did you mean CORS_ORIGINS?\n');
    await stop(child);
    expect((await run(['backup', 'to'])).out).toBe('Backed up elsewhere to to.\n');
    const failed = await run(['serve'], { PORT: 'x', SESSION_DAYS: '0', MONGODB_URI_FILE: 'missing' });
    expect(failed.code).toBe(1);
    for (const name of ['PORT', 'SESSION_DAYS', 'MONGODB_URI_FILE']) expect(failed.error).toContain(`${name}: `);
  });

  it('backs up a running server, restores the backup, and checks the health at PORT', async () => {
    const { url, child } = await serve({ RATE_LIMITS: 'off' });
    const account = { username: 'ada', email: 'ada@example.org', password: 'a long enough passphrase 47' };
    const post = (at: string, path: string): Promise<Response> =>
      fetch(`${at}/api/v1${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(account),
      });
    const login = async (at: string): Promise<number> => {
      const { email, password } = account;
      return (
        await fetch(`${at}/api/v1/auth/login`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ email, password }),
        })
      ).status;
    };
    expect((await post(url, '/auth/register')).status).toBe(201);
    expect(JSON.parse((await run(['backup', 'copy', '--json'])).out)).toEqual({ data: '.data', backup: 'copy' });
    expect(await run(['health', '--json'], { PORT: new URL(url).port })).toMatchObject({
      code: 0,
      out: '{"status":"ok"}\n',
    });
    expect((await run(['restore', 'copy'])).code).toBe(1);
    await stop(child);
    expect(JSON.parse((await run(['restore', 'copy', '--json', '--data', 'other'])).out)).toEqual({
      backup: 'copy',
      data: 'other',
      replaced: null,
    });
    const again = await serve({ DATA_DIR: 'other' });
    expect(await login(again.url)).toBeLessThan(300);
    await stop(again.child);
  });

  it('plays the demo on one running server repeatedly, with the default rate limits', async () => {
    const { url, child } = await serve();
    for (let turn = 0; turn < 2; turn += 1)
      expect(await run(['demo', '--url', url])).toMatchObject({
        code: 0,
        out: expect.stringContaining('Everything was as it says.') as unknown,
      });
    await stop(child);
  });

  it('plays the demo on a server of its own', async () => {
    expect(JSON.parse((await run(['demo', '--json'])).out)).toEqual({ succeeded: true });
  });
});
