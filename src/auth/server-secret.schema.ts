import { Schema } from 'mongoose';
import { SCHEMA_OPTIONS } from '../database/schema-options';

/** A random key that all nodes share. It is created once, by the first node that starts. */
export interface ServerSecretDocument {
  /** The purpose of the key. */
  readonly _id: string;
  /** 256 random bits in base64url. */
  readonly key: string;
}

export const serverSecretSchema = new Schema<ServerSecretDocument>(
  { _id: { type: String, required: true }, key: { type: String, required: true } },
  { ...SCHEMA_OPTIONS, collection: 'server_secrets' },
);
