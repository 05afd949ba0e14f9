const LIMIT_MS = 60_000;

// Set up for each spec file that starts an application, a database or a process.
jest.setTimeout(LIMIT_MS);
