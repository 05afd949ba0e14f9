import { crc32 } from 'node:zlib';

const CHECKSUM_BYTES = 4;

const checksumOf = (key: Buffer, value: Buffer): number => crc32(value, crc32(key));

/** Returns a value followed by the CRC-32 of its key and itself, as the data file stores it. */
export function seal(key: Buffer, value: Buffer): Buffer {
  const sealed = Buffer.allocUnsafe(value.length + CHECKSUM_BYTES);
  value.copy(sealed);
  sealed.writeUInt32LE(checksumOf(key, value), value.length);
  return sealed;
}

/** Returns the value without its checksum; undefined if a bit of the key or the value changed since it was sealed. */
export function unseal(key: Buffer, sealed: Buffer): Buffer | undefined {
  const length = sealed.length - CHECKSUM_BYTES;
  if (length < 0) return undefined;
  const value = sealed.subarray(0, length);
  return sealed.readUInt32LE(length) === checksumOf(key, value) ? value : undefined;
}
