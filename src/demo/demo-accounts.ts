import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DemoFailed } from './narrator';
import { ask, type Fields, Visitor } from './visitor';

const PASSWORD_BYTES = 24;
const OWNER_ONLY = 0o600;

interface Account {
  readonly username: string;
  readonly email: string;
  readonly password: string;
}

/**
 * Accounts of the demo, kept in a file, so that any number of runs on one server stays below its registration limit.
 */
export class DemoAccounts {
  private readonly accounts: Record<string, Account>;

  /** @param file undefined if the server exists for this run only */
  constructor(
    private readonly url: string,
    private readonly file: string | undefined,
  ) {
    this.accounts =
      file !== undefined && existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, Account>) : {};
  }

  /** Returns the default file for a server: in the temporary folder, readable by its user only. */
  static defaultFile(url: string): string {
    return join(
      tmpdir(),
      `derailed-demo-${process.getuid?.() ?? 'user'}-${createHash('sha256').update(url).digest('hex').slice(0, 16)}.json`,
    );
  }

  /** Signs in with the kept account; registers one if there is none or the server rejects it. @throws DemoFailed */
  async signIn(name: string): Promise<Visitor> {
    const kept = this.accounts[name];
    if (kept) {
      const { status, body } = await ask(this.url, 'POST', '/auth/login', undefined, {
        email: kept.email,
        password: kept.password,
      });
      if (status < 300) return this.visitor(name, body);
      if (status !== 401) throw new DemoFailed(`${name} could not log in: ${JSON.stringify(body)}`);
    }
    return this.register(name);
  }

  private async register(name: string): Promise<Visitor> {
    const username = `${name}.${randomBytes(4).toString('hex')}`;
    const account = {
      username,
      email: `${username}@example.org`,
      password: randomBytes(PASSWORD_BYTES).toString('base64url'),
    };
    const { status, body } = await ask(this.url, 'POST', '/auth/register', undefined, account);
    if (status !== 201) throw new DemoFailed(`${name} could not register: ${JSON.stringify(body)}`);
    this.accounts[name] = account;
    if (this.file !== undefined) writeFileSync(this.file, JSON.stringify(this.accounts), { mode: OWNER_ONLY });
    return this.visitor(name, body);
  }

  private visitor(name: string, { user, token }: Fields): Visitor {
    return new Visitor(this.url, name, String((user as Fields).id), String(token));
  }
}
