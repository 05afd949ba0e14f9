import { serveCommand } from './cli/commands/serve';

// Starts the server, as `derailed serve` does.
serveCommand.run({ positionals: [], options: {} }).then(
  (result) => void process.stdout.write(`${result?.text ?? ''}\n`),
  (error: unknown) => {
    process.stderr.write(`Derailed cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
