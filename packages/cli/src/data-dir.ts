import { homedir } from 'node:os';
import { join } from 'node:path';

/** Per user, where no `--data` says otherwise. */
export function defaultDataDir(): string {
  return join(process.env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'heddle');
}
