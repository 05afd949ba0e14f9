import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describeOnce } from './support/once';

const DERAILED = resolve(__dirname, '../dist/cli/main.js');
const DATA_FILE = 'derailed.mdb';

/** A command that has not ended by then is killed, and has no exit code. */
const MAX_MS = 20_000;
const UNPRIVILEGED_USER = 65_534;

const FOLDERS = [
  ['a file', 'file'],
  ['an executable file', 'program'],
  ['a folder below a file', 'file/data'],
  ['a folder below a device', '/dev/null/data'],
  ['a folder below /proc', '/proc/data'],
  ['a folder of a missing folder below /proc', '/proc/missing/data'],
  ['a symbolic link without a target', 'dangling'],
  ['a folder below a symbolic link without a target', 'dangling/data'],
  ['a symbolic link to itself', 'loop'],
  ['a read-only folder', 'read-only'],
  ['a folder below a read-only folder', 'read-only/data'],
  ['a folder with a folder in place of the data file', 'occupied'],
  ['a folder with a named pipe in place of the data file', 'piped'],
] as const;

/** The server takes seconds to load and opens the folder as `db-serve` does, so that it is started with some of the folders. */
const SERVED = ['file', '/proc/data', 'read-only', 'piped'];

/** Commands that open the data folder. */
const COMMANDS = [
  ['serve'],
  ['db-serve'],
  ['backup', 'unused'],
  ['restore', 'backup'],
  ['copy', 'mongodb://127.0.0.1:1/x'],
  ['copy', '--from', 'mongodb://127.0.0.1:1/x'],
] as const;

interface Result {
  readonly code: number | string | null | undefined;
  readonly out: string;
  readonly error: string;
}

describeOnce('a data folder that cannot be used', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'derailed-unusable-'));
    for (const name of ['occupied', 'piped', 'backup']) mkdirSync(join(folder, name));
    mkdirSync(join(folder, 'read-only'), { mode: 0o555 });
    mkdirSync(join(folder, 'occupied', DATA_FILE));
    execFileSync('mkfifo', [join(folder, 'piped', DATA_FILE)]);
    for (const name of ['file', 'program', join('backup', DATA_FILE)]) writeFileSync(join(folder, name), '');
    for (const name of ['.', 'program', 'occupied', 'piped', 'backup']) chmodSync(join(folder, name), 0o777);
    symlinkSync('missing', join(folder, 'dangling'));
    symlinkSync('loop', join(folder, 'loop'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = (args: readonly string[], dataDir: string): Promise<Result> =>
    new Promise((done) => {
      const { PATH = '', HOME = '' } = process.env;
      execFile(
        process.execPath,
        [DERAILED, ...args],
        {
          cwd: folder,
          env: { PATH, HOME, TMPDIR: folder, LOG_LEVEL: 'error', PORT: '0', DATA_DIR: dataDir },
          timeout: MAX_MS,
          killSignal: 'SIGKILL',
          // The superuser may write into every folder.
          ...(process.getuid?.() === 0 && { uid: UNPRIVILEGED_USER, gid: UNPRIVILEGED_USER }),
        },
        (failure, out, error) => done({ code: failure ? failure.code : 0, out, error }),
      );
    });

  it.each(FOLDERS)('ends each command with one line that names it: %s', async (_, dataDir) => {
    const isReplaced = dataDir === 'occupied' || dataDir === 'piped';
    const commands = COMMANDS.filter(
      ([name]) =>
        (name !== 'serve' || SERVED.includes(dataDir)) &&
        // Restoring a backup replaces what is in place of the data file.
        (name !== 'restore' || !isReplaced),
    );
    const results = await Promise.all(commands.map((args) => run(args, dataDir)));
    for (const [index, result] of results.entries()) {
      const [name] = commands[index]!;
      const setting = name === 'serve' ? 'DATA_DIR: ' : '';
      expect({ command: commands[index], ...result }).toEqual({
        command: commands[index],
        code: 1,
        out: '',
        error: expect.stringMatching(new RegExp(`^derailed ${name}: ${setting}.*${dataDir}.*\\n$`)) as unknown,
      });
    }
    expect(statSync(join(folder, 'program')).mode & 0o777).toBe(0o777);
  });

  it.each(['/proc/data', 'read-only/data', 'file/data'])('%s: ends a backup into it with one line', async (target) => {
    expect(await run(['backup', target], 'backup')).toEqual({
      code: 1,
      out: '',
      error: expect.stringMatching(new RegExp(`^derailed backup: .*${target}.*\\n$`)) as unknown,
    });
  });
});
