#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CommandLoaders, EXIT, runCommandLine } from './run-command';

const PACKAGE = join(__dirname, '..', '..', 'package.json');

const COMMANDS: CommandLoaders = {
  serve: async () => (await import('./commands/serve.js')).serveCommand,
  backup: async () => (await import('./commands/backup.js')).backupCommand,
  restore: async () => (await import('./commands/restore.js')).restoreCommand,
  copy: async () => (await import('./commands/copy.js')).copyCommand,
  'db-serve': async () => (await import('./commands/db-serve.js')).dbServeCommand,
  health: async () => (await import('./commands/health.js')).healthCommand,
  demo: async () => (await import('./commands/demo.js')).demoCommand,
};

const output = {
  out: (line: string): void => void process.stdout.write(`${line}\n`),
  error: (line: string): void => void process.stderr.write(`${line}\n`),
};

async function main(): Promise<void> {
  process.setSourceMapsEnabled(true);
  const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string };
  const code = await runCommandLine(process.argv.slice(2), COMMANDS, version, output);
  // A command that keeps running has registered its own end.
  if (code !== EXIT.ok) process.exit(code);
}

void main();
