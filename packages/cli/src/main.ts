#!/usr/bin/env node
/** `heddle`: the command line. Data on stdout, words on stderr; exit 0 fine, 1 failure, 2 usage. */
import { CommandError, UsageError } from './usage.ts';

interface Command {
  readonly summary: string;
  /** Loaded only when it is called: `heddle proxy` does not pay for the control plane. */
  readonly load: () => Promise<{ readonly usage: string; run(argv: readonly string[]): Promise<number> }>;
}

const commands: Readonly<Record<string, Command>> = {
  up: { summary: 'the whole mesh on this machine, with its console', load: () => import('./commands/up.ts') },
  server: { summary: 'control plane, API and console', load: () => import('./commands/server.ts') },
  proxy: { summary: 'one sidecar or gateway', load: () => import('./commands/proxy.ts') },
  validate: {
    summary: 'what is wrong with documents, before anything runs',
    load: () => import('./commands/validate.ts'),
  },
  apply: { summary: 'create or replace documents', load: () => import('./commands/apply.ts') },
  diff: { summary: 'what apply would change', load: () => import('./commands/diff.ts') },
  get: { summary: 'stored documents', load: () => import('./commands/get.ts') },
  delete: { summary: 'delete documents', load: () => import('./commands/delete.ts') },
  history: { summary: 'the change log', load: () => import('./commands/history.ts') },
  rollback: { summary: 'undo a change', load: () => import('./commands/rollback.ts') },
  proxies: { summary: 'what each proxy has accepted', load: () => import('./commands/proxies.ts') },
  explain: {
    summary: 'what a proxy would do with a request, and why',
    load: () => import('./commands/explain.ts'),
  },
  trace: { summary: 'the spans of one trace', load: () => import('./commands/trace.ts') },
  token: { summary: 'tokens with which proxies enrol', load: () => import('./commands/token.ts') },
};

const overview = `heddle: a service mesh with its own console

Usage: heddle <command> [options]

${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(9)} ${summary}`)
  .join('\n')}

heddle <command> --help tells the options of a command.
`;

async function main([name, ...argv]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === 'help') {
    (name === undefined ? process.stderr : process.stdout).write(overview);
    return name === undefined ? 2 : 0;
  }
  const command = commands[name];
  if (command === undefined) {
    process.stderr.write(`heddle: there is no command "${name}"\n\n${overview}`);
    return 2;
  }
  const { usage, run } = await command.load();
  if (argv.includes('--help')) {
    process.stdout.write(usage);
    return 0;
  }
  try {
    return await run(argv);
  } catch (error) {
    if (error instanceof CommandError) {
      process.stderr.write(`heddle ${name}: ${error.message}\n`);
      return 1;
    }
    if (error instanceof UsageError || isParseArgsError(error)) {
      process.stderr.write(`heddle ${name}: ${error.message}\n\n${usage}`);
      return 2;
    }
    throw error;
  }
}

function isParseArgsError(error: unknown): error is Error {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('ERR_PARSE_ARGS')
  );
}

/** Those that people start and leave: they do not live by being read. */
const staying: ReadonlySet<string> = new Set(['up', 'server', 'proxy']);

// Who reads may have seen enough, such as `head`. The end is the one of programs that SIGPIPE ends.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  if (!staying.has(process.argv[2] ?? '')) process.exit(141);
});

const code = await main(process.argv.slice(2));
process.exit(code);
