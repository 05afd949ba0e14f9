import { MAX_DOCUMENT_BYTES, type PlainDoc } from '../bson';
import { MAX_MESSAGE_BYTES } from '../wire';
import type { Command } from './request';

/** The MongoDB that this engine behaves like, and its number in the handshake. */
const VERSION = '7.0.0';
const WIRE_VERSION = 21;

const MAX_BATCH = 100_000;
const SESSION_TIMEOUT_MINUTES = 30;

let lastConnection = 0;

/** Describes a standalone server, because drivers send neither transactions nor retryable writes to one. */
function hello(): PlainDoc {
  lastConnection += 1;
  return {
    helloOk: true,
    ismaster: true,
    isWritablePrimary: true,
    maxBsonObjectSize: MAX_DOCUMENT_BYTES,
    maxMessageSizeBytes: MAX_MESSAGE_BYTES,
    maxWriteBatchSize: MAX_BATCH,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: SESSION_TIMEOUT_MINUTES,
    connectionId: lastConnection,
    minWireVersion: 0,
    maxWireVersion: WIRE_VERSION,
    readOnly: false,
  };
}

const HELLO: Command = {
  fields: [
    'helloOk',
    'client',
    'compression',
    'hostInfo',
    'topologyVersion',
    'maxAwaitTimeMS',
    'loadBalanced',
    'saslSupportedMechs',
    'speculativeAuthenticate',
    'backpressure',
  ],
  run: hello,
};
const BUILD_INFO: Command = {
  fields: [],
  run: () => ({
    version: VERSION,
    versionArray: [...VERSION.split('.').map(Number), 0],
    bits: 64,
    maxBsonObjectSize: MAX_DOCUMENT_BYTES,
  }),
};
const NOTHING: Command = { fields: [], run: () => ({}) };

/** Fails while the disk is full, so that the health check of the application fails, too. */
const PING: Command = {
  fields: [],
  run: (_, { storage }) => {
    storage.assertWritable();
    return {};
  },
};

/** The first commands of drivers and shells. */
export const HANDSHAKE_COMMANDS: Readonly<Record<string, Command>> = {
  hello: HELLO,
  isMaster: HELLO,
  ismaster: HELLO,
  ping: PING,
  buildInfo: BUILD_INFO,
  buildinfo: BUILD_INFO,
  endSessions: NOTHING,
};
