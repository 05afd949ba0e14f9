/** The answer to a request. */
export interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** An account that sends requests. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly token: string;
}

let accounts = 0;

/** Sends requests to nodes in turn. The list of nodes may change. */
export class Api {
  private turn = 0;

  constructor(readonly urls: string[]) {}

  /** The node for the next request. */
  get url(): string {
    this.turn += 1;
    return this.urls[this.turn % this.urls.length]!;
  }

  async send<Body = Record<string, unknown>>(
    account: Account | undefined,
    method: Method,
    path: string,
    body?: unknown,
    url = this.url,
  ): Promise<Answer<Body>> {
    const headers = {
      ...(account && { authorization: `Bearer ${account.token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    };
    const answer = await fetch(`${url}/api/v1${path}`, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: (text ? JSON.parse(text) : {}) as Body };
  }

  /** Sends a request that must succeed. */
  async must<Body = { readonly id: string }>(
    account: Account | undefined,
    method: Method,
    path: string,
    body?: unknown,
  ): Promise<Body> {
    const answer = await this.send<Body>(account, method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async register(name: string): Promise<Account> {
    const username = `${name}-${(accounts += 1)}-${process.pid}`;
    const { token, user } = await this.must<{ token: string; user: { id: string } }>(
      undefined,
      'POST',
      '/auth/register',
      { username, email: `${username}@example.org`, password: 'correct horse battery' },
    );
    return { id: user.id, name, token };
  }
}
