import { Injectable, type OnModuleInit } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';

/** argon2id with 19 MiB, 2 passes and 1 lane. @see https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Hashes passwords and compares with the hash, off the event loop. */
@Injectable()
export class Passwords implements OnModuleInit {
  private nobodys = '';

  async onModuleInit(): Promise<void> {
    this.nobodys = await this.hash('a password that nobody has');
  }

  /** The hash to store, in PHC string format with its salt and cost. */
  hash(password: string): Promise<string> {
    return hash(password, COST);
  }

  /** Whether a password is the one of a hash. Without a hash, because there is no such account, it takes the same time and is wrong. */
  async matches(password: string, passwordHash: string | undefined): Promise<boolean> {
    const right = await verify(passwordHash ?? this.nobodys, password);
    return right && passwordHash !== undefined;
  }
}
