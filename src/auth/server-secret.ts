import { createHmac, randomBytes } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { MODELS } from '../database/database.module';
import { duplicateKey } from '../database/duplicate-key';
import { insert } from '../database/insert';
import type { ServerSecretDocument } from './server-secret.schema';
import { TokenSigner } from './token';

const ID = 'accounts';
const KEY_BYTES = 32;
const ADDRESS_HASH_BYTES = 12;

/** The secret key of this installation, stored in the database and shared by all nodes. Signs tokens and hashes addresses. */
@Injectable()
export class ServerSecret implements OnModuleInit {
  private addressKey: Buffer = randomBytes(KEY_BYTES);
  private signer = new TokenSigner(randomBytes(KEY_BYTES));

  constructor(@InjectModel(MODELS.serverSecret) private readonly secrets: Model<ServerSecretDocument>) {}

  /** Loads the key, or creates it if this is the first node of the installation. */
  async onModuleInit(): Promise<void> {
    const key = Buffer.from(await this.load(), 'base64url');
    this.signer = new TokenSigner(derive(key, 'token'));
    this.addressKey = derive(key, 'address');
  }

  /** The signer of session tokens. */
  get tokens(): TokenSigner {
    return this.signer;
  }

  /** Returns a keyed hash of an address block, different for each user, so that stored addresses can be compared but not read. */
  hashAddress(userId: bigint, addressBlock: string): string {
    return createHmac('sha256', this.addressKey)
      .update(`${userId}:${addressBlock}`)
      .digest()
      .subarray(0, ADDRESS_HASH_BYTES)
      .toString('base64url');
  }

  // The stored key counts, whichever node has written it: nodes that start at the same moment all read it after their own attempt to insert.
  private async load(): Promise<string> {
    const existing = await this.secrets.findById(ID).lean<ServerSecretDocument | null>();
    if (existing) return existing.key;
    try {
      await insert(this.secrets, { _id: ID, key: randomBytes(KEY_BYTES).toString('base64url') });
    } catch (error) {
      if (!duplicateKey(error)) throw error;
    }
    return this.load();
  }
}

const derive = (key: Buffer, purpose: string): Buffer => createHmac('sha256', key).update(purpose).digest();
