import type { Answer } from './answer';
import { Client } from './client';
import type { World } from './world';

/** The password of every account that a spec registers. */
export const PASSWORD = 'correct horse battery';

/** A user with an account and a token. */
export class Person {
  constructor(
    private readonly world: World,
    readonly id: string,
    readonly username: string,
    readonly token: string,
  ) {}

  get email(): string {
    return `${this.username}@example.org`;
  }

  get password(): string {
    return PASSWORD;
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.world.ask('get', path, undefined, { ...this.authorization, ...headers });
  }

  post(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.world.ask('post', path, body, { ...this.authorization, ...headers });
  }

  put(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.world.ask('put', path, body, { ...this.authorization, ...headers });
  }

  patch(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.world.ask('patch', path, body, { ...this.authorization, ...headers });
  }

  delete(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.world.ask('delete', path, body, { ...this.authorization, ...headers });
  }

  /**
   * Connects to the gateway and waits for READY or RESUMED, and after READY for READ_STATES unless intents are selected. Events that happened before the
   * call are dispatched first, so that the client does not receive them.
   */
  async connect(auth: Record<string, unknown> = { token: this.token }, url = this.world.url): Promise<Client> {
    await this.world.drain();
    const client = new Client(url, auth);
    await client.ready;
    if (auth['intents'] === undefined && auth['seq'] === undefined) await client.readStates;
    return client;
  }

  /** Resumes the session of a closed client of this user, and waits for RESUMED. */
  resume(ended: Client, url = this.world.url, auth: Record<string, unknown> = {}): Promise<Client> {
    return this.connect({ ...ended.place, ...auth }, url);
  }

  private get authorization(): Record<string, string> {
    return { authorization: `Bearer ${this.token}` };
  }
}
