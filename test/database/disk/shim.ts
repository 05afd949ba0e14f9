import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Compiles the library that fails or records writes of the data file.
 *
 * @returns undefined on a system without gcc or without LD_PRELOAD, with a message that the tests are skipped
 */
export function compileShim(): { readonly path: string; remove(): void } | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'derailed-shim-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    if (process.platform !== 'linux') throw new Error('not Linux');
    const path = join(folder, 'shim.so');
    execFileSync(
      'gcc',
      ['-shared', '-fPIC', '-O1', '-o', path, join(__dirname, 'faulty-disk.c'), '-ldl', '-lpthread'],
      { stdio: 'pipe' },
    );
    return { path, remove };
  } catch (error) {
    remove();
    process.stdout.write(
      `skipped: the tests of failing disks need Linux and gcc (${(error as Error).message.split('\n')[0]})\n`,
    );
    return undefined;
  }
}
