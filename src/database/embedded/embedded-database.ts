export function startEmbeddedDatabase(_: { dataDir: string }): Promise<{ uri: string; stop(): Promise<void> }> {
  return Promise.reject(new Error('Set MONGODB_URI.'));
}
