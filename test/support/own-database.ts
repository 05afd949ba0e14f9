/** Returns the URI of a new database on the server at a URI. */
export function ownDatabase(uri: string | undefined): string | undefined {
  if (!uri) return undefined;
  const url = new URL(uri);
  url.pathname = `/derailed_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
  return url.toString();
}
