/** Entry of the install hook: compiles the descriptors ahead of their first use. */
import { ensureDescriptors } from './compile.ts';

ensureDescriptors();
