import { type Doc, docOf, MAX_DOCUMENT_BYTES } from '../bson';
import type { Engine } from '../engine';
import { MAX_MESSAGE_BYTES } from '../wire';
import type { Command } from './request';

/** The MongoDB that this engine behaves like, and its number in the handshake. */
const VERSION = [7, 0, 0, 0] as const;
const WIRE_VERSION = 21;

const MAX_BATCH = 100_000;
const SESSION_TIMEOUT_MINUTES = 30;

let lastConnection = 0;

/** A standalone server, to which drivers send neither transactions nor retryable writes. */
function hello(): Doc {
  lastConnection += 1;
  return docOf({
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
  });
}

const buildInfo = (): Doc =>
  docOf({
    version: VERSION.slice(0, 3).join('.'),
    versionArray: VERSION,
    gitVersion: 'derailed',
    modules: [],
    bits: 64,
    debug: false,
    maxBsonObjectSize: MAX_DOCUMENT_BYTES,
    storageEngines: ['lmdb'],
  });

const HELLO_FIELDS = new Set(['helloOk', 'client', 'compression', 'hostInfo', 'topologyVersion', 'maxAwaitTimeMS', 'loadBalanced', 'saslSupportedMechs', 'speculativeAuthenticate', 'backpressure']);
const NONE = new Set<string>();
const answer = (run: () => Doc, fields: ReadonlySet<string> = NONE): Command<Engine> => ({ fields, run });

/** What drivers and shells ask before anything else. */
export const HANDSHAKE_COMMANDS: Readonly<Record<string, Command<Engine>>> = {
  hello: answer(hello, HELLO_FIELDS),
  isMaster: answer(hello, HELLO_FIELDS),
  ismaster: answer(hello, HELLO_FIELDS),
  ping: answer(() => docOf({})),
  buildInfo: answer(buildInfo),
  buildinfo: answer(buildInfo),
  endSessions: answer(() => docOf({})),
};
